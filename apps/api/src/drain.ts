import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { App } from '@trellis/http/types';

export interface DrainOptions {
  /** How long clients get to use a kept connection once more and learn that it ends. */
  quietMs: number;
  /** What is still open after this is cut off. */
  limitMs: number;
}

const sweepMs = 50;

/**
 * Makes `app.close()` end connections without a reset. Node closes idle ones at once, and with
 * them the requests that are on their way over a kept connection. Here the listener goes first;
 * each reply from then on says `Connection: close`, and what stays quiet is closed after a while.
 */
export function drainOnClose(app: App, options: DrainOptions): void {
  app.addHook('preClose', () => drain(app.server, options));
}

async function drain(server: Server, { quietMs, limitMs }: DrainOptions): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    // The close of HTTP would end the idle connections as well.
    NetServer.prototype.close.call(server, () => resolve());
  });
  const cut = setTimeout(() => server.closeAllConnections(), limitMs);
  await Promise.race([closed, wait(quietMs)]);
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs);
  server.closeIdleConnections();
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}
