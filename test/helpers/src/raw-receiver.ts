import type { IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createSecureServer, type TlsOptions } from 'node:tls';
import type { Test } from 'tap';
import { collectDelivery } from './collect-delivery.ts';

/** A request as its bytes say. */
export interface RawRequest {
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Unix milliseconds at which all of it was there. */
  atMs: number;
}

export interface RawReceiver {
  port: number;
  url: string;
  requests: RawRequest[];
  /** TCP connections that were opened to it. */
  connections(): number;
}

export interface RawReceiverOptions {
  /** With these it speaks TLS. */
  tls?: TlsOptions;
  /** Called before anything of a request has come. */
  onConnection?: (socket: Socket) => void;
}

const headEnd = '\r\n\r\n';

/**
 * A receiver that answers whatever bytes `answer` writes, which no HTTP server would do; closed
 * when the test ends.
 */
export async function startRawReceiver(
  t: Pick<Test, 'teardown'>,
  answer: (socket: Socket, request: RawRequest) => void,
  { tls, onConnection }: RawReceiverOptions = {},
): Promise<RawReceiver> {
  const requests: RawRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const serve = (socket: Socket): void => {
    readRequests(socket, (request) => {
      requests.push(request);
      collectDelivery({ headers: request.headers, socket }, request.body);
      answer(socket, request);
    });
  };
  const server: Server = tls ? createSecureServer(tls, serve) : createServer(serve);
  server.on('tlsClientError', () => {});
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onConnection?.(socket);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((closed) => server.close(closed));
  });
  const { port } = server.address() as AddressInfo;
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}/hook`;
  return { port, url, requests, connections: () => connections };
}

/** Calls for each request on the connection once its whole body is there. */
function readRequests(socket: Socket, onRequest: (request: RawRequest) => void): void {
  let bytes = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let end = endOfRequest(bytes); end !== undefined; end = endOfRequest(bytes)) {
      const request = bytes.subarray(0, end);
      bytes = bytes.subarray(end);
      const headLength = request.indexOf(headEnd);
      const headers = headersOf(request.toString('latin1', 0, headLength));
      const body = request.subarray(headLength + headEnd.length);
      onRequest({ headers, body, atMs: Date.now() });
    }
  });
}

/** Undefined while a part of it is missing. */
function endOfRequest(bytes: Buffer): number | undefined {
  const headLength = bytes.indexOf(headEnd);
  if (headLength === -1) return undefined;
  const headers = headersOf(bytes.toString('latin1', 0, headLength));
  const end = headLength + headEnd.length + Number(headers['content-length'] ?? 0);
  return bytes.length >= end ? end : undefined;
}

function headersOf(head: string): IncomingHttpHeaders {
  const lines = head.split('\r\n').slice(1);
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}
