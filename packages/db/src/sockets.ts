import { Socket } from 'node:net';

/** What postgres.js tells its `socket` option. */
export interface SocketTarget {
  host: string[];
  port: number[];
  /** Of a Unix socket. */
  path: string | false;
}

export interface SocketWatch {
  open(target: SocketTarget): Socket;
  /** Ends the watch and whatever is still open. */
  close(): void;
}

interface Watched {
  /** How many bytes had gone both ways at the last look. */
  bytes: number;
  /** Looks since then. */
  silent: number;
}

const looksMax = 10;

/** Of several hosts the next one each time; `turn` counts them. */
export function openSocket({ host, port, path }: SocketTarget, turn: number): Socket {
  const socket = new Socket();
  if (path) return socket.connect(path);
  const index = turn % host.length;
  const name = host[index] ?? 'localhost';
  // postgres.js takes the name that the certificate must have from here.
  return Object.assign(socket.connect(port[index] ?? 5432, name), { host: name });
}

/**
 * Opens the sockets of postgres.js, which waits without end for a server that is frozen or behind
 * a broken network, and destroys those on which nothing moved for `silenceMs`. Its client then
 * fails what was under way and connects anew.
 */
export function watchSockets(silenceMs: number): SocketWatch {
  const sockets = new Map<Socket, Watched>();
  let opened = 0;
  const look = () => {
    for (const [socket, watched] of sockets) {
      // TLS takes the listeners of a socket over, its timeout with them, but not its counters.
      const bytes = socket.bytesRead + socket.bytesWritten;
      watched.silent = bytes === watched.bytes ? watched.silent + 1 : 0;
      watched.bytes = bytes;
      if (watched.silent >= looksMax) destroy(socket);
    }
  };
  const destroy = (socket: Socket) => {
    sockets.delete(socket);
    socket.destroy();
  };
  // Looks are counted, not time: after a pause of this process nothing is taken for silent.
  const timer = setInterval(look, silenceMs / looksMax).unref();
  return {
    open: (target) => {
      for (const socket of sockets.keys()) if (socket.destroyed) sockets.delete(socket);
      const socket = openSocket(target, opened++);
      sockets.set(socket, { bytes: 0, silent: 0 });
      return socket;
    },
    close: () => {
      clearInterval(timer);
      for (const socket of sockets.keys()) destroy(socket);
    },
  };
}
