import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** What came for one event. */
export interface Arrival {
  /** Of the first one, as performance.now(). */
  atMs: number;
  count: number;
  /** Whether each of them had a valid signature. */
  isVerified: boolean;
}

export interface Receiver {
  url: string;
  /** By the event's id. */
  arrivals: ReadonlyMap<string, Arrival>;
  /** Deliveries are answered 503, to be sent again, until there is a secret to verify them with. */
  useSecret(secret: string): void;
  close(): Promise<void>;
}

/** The endpoint that a customer would have: takes deliveries on loopback and verifies each one. */
export async function startReceiver(): Promise<Receiver> {
  const arrivals = new Map<string, Arrival>();
  let webhook: Webhook | undefined;

  const take = (headers: IncomingMessage['headers'], body: string): number => {
    const atMs = performance.now();
    const id = String(headers['webhook-id'] ?? '');
    if (!webhook) return 503;
    const isVerified = verifies(webhook, headers, body);
    const known = arrivals.get(id);
    if (known) {
      known.count++;
      known.isVerified &&= isVerified;
    } else {
      arrivals.set(id, { atMs, count: 1, isVerified });
    }
    return isVerified ? 204 : 400;
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(take(request.headers, Buffer.concat(chunks).toString())).end();
    });
  });
  // Longer than a pause of the sender, so that a kept connection is not closed under a request.
  server.keepAliveTimeout = 60_000;
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}/`,
    arrivals,
    useSecret(secret) {
      webhook = new Webhook(secret);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function verifies(webhook: Webhook, headers: IncomingMessage['headers'], body: string): boolean {
  try {
    webhook.verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
