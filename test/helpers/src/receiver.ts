import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { Test } from 'tap';
import { collectDelivery } from './collect-delivery.ts';

/** One request that arrived, as it arrived. */
export interface Received {
  /** The `webhook-id` header: the event. */
  id: string;
  path: string;
  method: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** Unix milliseconds. */
  atMs: number;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

export interface Receiver {
  url: string;
  port: number;
  received: Received[];
  /** Of the events that arrived, each once. */
  ids(): Set<string>;
  /** TCP connections that were opened to it. */
  connections(): number;
  /** How many of what arrived has a signature of this secret that is right. */
  verified(secret: string): number;
}

type Handler = (received: Received) => number | Answer | Promise<number | Answer>;

/** A real HTTP server on loopback that keeps what it is sent; closed when the test ends. */
export async function startReceiver(
  t: Pick<Test, 'teardown'>,
  handler: Handler = () => 204,
): Promise<Receiver> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer(async (request, response) => {
    const one = await read(request);
    received.push(one);
    const given = await handler(one);
    const { status, headers, body } = typeof given === 'number' ? { status: given } : given;
    response.writeHead(status, headers).end(body);
  });
  server.on('connection', (socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((closed) => server.close(closed));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    received,
    ids: () => new Set(received.map(({ id }) => id)),
    connections: () => connections,
    verified: (secret) => received.filter((one) => isGenuine(secret, one)).length,
  };
}

async function read(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  collectDelivery(request, body);
  return {
    id: String(request.headers['webhook-id'] ?? ''),
    path: request.url ?? '',
    method: request.method ?? '',
    headers: request.headers,
    body: body.toString(),
    atMs: Date.now(),
  };
}

function isGenuine(secret: string, { body, headers }: Received): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}
