import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Server } from 'node:net';
import type { Test } from 'tap';
import { createAddressGuard } from '../../delivery/guard-address.ts';
import { createSender, type Sender, type SenderOptions } from '../../delivery/send.ts';
import { certificate, privateKey } from './self-signed.ts';

export interface Receiver {
  port: number;
  url: string;
  /** Connections accepted so far. */
  connections(): number;
}

async function listen(t: Test, server: Server, scheme: string): Promise<Receiver> {
  let count = 0;
  const open = new Set<net.Socket>();
  server.on('connection', (socket) => {
    count += 1;
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.teardown(() => {
    for (const socket of open) socket.destroy();
    return new Promise((done) => server.close(done));
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `${scheme}://127.0.0.1:${port}/hook?a=1`, connections: () => count };
}

/** A real HTTP server on loopback, closed with the test. */
export function serveHttp(t: Test, handler: http.RequestListener): Promise<Receiver> {
  return listen(t, http.createServer(handler), 'http');
}

/** The same over TLS, with a certificate that nobody signed but itself. */
export function serveHttps(t: Test, handler: http.RequestListener): Promise<Receiver> {
  const server = https.createServer({ key: privateKey, cert: certificate }, handler);
  server.on('tlsClientError', () => {});
  return listen(t, server, 'https');
}

/** A bare socket server, for what no HTTP server would answer. */
export function serveSocket(t: Test, handler: (socket: net.Socket) => void): Promise<Receiver> {
  return listen(t, net.createServer(handler), 'http');
}

/** A sender that may reach loopback and gives up after 2 s unless told otherwise. */
export function makeSender(t: Test, options: Partial<SenderOptions> = {}): Sender {
  const guard = createAddressGuard({ allowCidrs: ['127.0.0.0/8'] });
  const sender = createSender({ guard, userAgent: 'Trellis/test', deadlineMs: 2000, ...options });
  t.teardown(() => sender.close());
  return sender;
}

export const message = {
  webhookId: 'one',
  headers: { 'content-type': 'application/json', 'webhook-id': 'msg_1' },
  body: '{"type":"user.created"}',
};
