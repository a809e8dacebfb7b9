import type { Socket } from 'node:net';

/** What a receiver does with a connection once it has the request. */
export type HostileAnswer = (socket: Socket) => void;

/** Writes these bytes and leaves the connection open. */
export function say(bytes: string): HostileAnswer {
  return (socket) => socket.write(bytes);
}

/** Writes a byte a second for as long as the connection lasts, behind this beginning. */
export function drip(beginning: string): HostileAnswer {
  return (socket) => {
    socket.write(beginning);
    const timer = setInterval(() => socket.write('x'), 1_000);
    socket.on('close', () => clearInterval(timer));
  };
}

/** Writes as much as is taken, up to a limit, behind this beginning. */
export function pour(beginning: string, chunk: Uint8Array, bytesMax: number): HostileAnswer {
  return (socket) => {
    let left = bytesMax;
    const write = (): void => {
      while (!socket.destroyed && left > 0) {
        left -= chunk.length;
        if (!socket.write(chunk)) return;
      }
    };
    socket.on('drain', write);
    socket.write(beginning);
    write();
  };
}

export const reset: HostileAnswer = (socket) => socket.resetAndDestroy();

/** A whole answer without a body. */
export function status(code: number, headers: Record<string, string> = {}): HostileAnswer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return say(`HTTP/1.1 ${code} Status\r\n${lines.join('')}content-length: 0\r\n\r\n`);
}
