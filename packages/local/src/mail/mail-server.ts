import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { framedHtml, listPage, mailPolicy, messagePage, pagePolicy } from './mail-page.ts';
import type { Mailbox } from './mailbox.ts';

export interface MailServer {
  /** Of the page that lists what was caught. */
  url: string;
  stop(): Promise<void>;
}

interface Answer {
  status: number;
  type: 'text/html' | 'text/plain' | 'application/json';
  body: string;
  policy?: string;
}

/**
 * Shows a mailbox on the loopback address.
 *
 * @throws when the port is taken
 */
export async function startMailServer(mailbox: Mailbox, port: number): Promise<MailServer> {
  const server = createServer((request, response) => send(response, answer(mailbox, request)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${taken}`,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(mailbox: Mailbox, { method, url = '/', headers }: IncomingMessage): Answer {
  // A page elsewhere can give its own name the address of this machine (DNS rebinding).
  if (!/^(localhost|127\.0\.0\.1)(:\d+)?$/i.test(headers.host ?? '')) {
    return plain(403, 'Ask for localhost.');
  }
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'Only GET.');
  const path = url.split('?', 1)[0] ?? '';
  if (path === '/') return html(listPage(mailbox.list()), pagePolicy);
  if (path === '/messages.json') {
    return { status: 200, type: 'application/json', body: JSON.stringify(mailbox.list()) };
  }
  const [, id, extension] = /^\/messages\/(\d{1,15})(\.html)?$/.exec(path) ?? [];
  const mail = mailbox.find(Number(id));
  if (!mail) return plain(404, 'There is no such message; only the last ones are kept.');
  return extension ? html(framedHtml(mail.html), mailPolicy) : html(messagePage(mail), pagePolicy);
}

const plain = (status: number, body: string): Answer => ({ status, type: 'text/plain', body });
const html = (body: string, policy: string): Answer => ({
  status: 200,
  type: 'text/html',
  body,
  policy,
});

function send(response: ServerResponse, { status, type, body, policy }: Answer): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy': policy ?? "default-src 'none'; frame-ancestors 'none'",
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
