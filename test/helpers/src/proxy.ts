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
  /** Takes connections and bytes, and passes nothing on until `thaw`: a server that hangs. */
  freeze(): void;
  thaw(): void;
}

/** Passes bytes on between its port and the server of `target`. */
export async function startProxy(t: Pick<Test, 'teardown'>, target: string): Promise<Proxy> {
  const to = new URL(target);
  const sockets = new Set<Socket>();
  let open = true;
  let frozen = false;
  const pairs = new Set<Pair>();
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
    const pair: Pair = [socket, beyond];
    pairs.add(pair);
    if (!frozen) join(pair);
    socket.on('close', () => {
      pairs.delete(pair);
      beyond.destroy();
    });
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
    freeze: () => {
      frozen = true;
      for (const pair of pairs) part(pair);
    },
    thaw: () => {
      frozen = false;
      for (const pair of pairs) join(pair);
    },
  };
}

type Pair = [Socket, Socket];

function join([one, other]: Pair): void {
  one.pipe(other).pipe(one);
}

function part([one, other]: Pair): void {
  one.unpipe(other).pause();
  other.unpipe(one).pause();
}
