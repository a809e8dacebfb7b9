import { connect, createServer, type Socket } from 'node:net';
import type { Test } from 'tap';

/** A way to a server that a test can break, while the server goes on for all other tests. */
export interface Proxy {
  /** The URL of the server by way of the proxy. */
  url: string;
  /** Ends every connection without a word, and refuses new ones until `restore`. */
  cut(): void;
  /** Ends every connection without a word; new ones work. */
  drop(): void;
  restore(): void;
}

/** Passes bytes on between its port and the server of `target`. */
export async function startProxy(t: Pick<Test, 'teardown'>, target: string): Promise<Proxy> {
  const to = new URL(target);
  const sockets = new Set<Socket>();
  let open = true;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((socket) => {
    keep(socket);
    if (!open) return socket.destroy();
    const beyond = connect(Number(to.port), to.hostname);
    keep(beyond);
    socket.pipe(beyond).pipe(socket);
    socket.on('close', () => beyond.destroy());
    beyond.on('close', () => socket.destroy());
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  t.teardown(() => {
    drop();
    return new Promise((closed) => server.close(closed));
  });
  const address = server.address();
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(typeof address === 'object' ? address?.port : '');
  return {
    url: url.href,
    drop,
    cut: () => {
      open = false;
      drop();
    },
    restore: () => {
      open = true;
    },
  };
}
