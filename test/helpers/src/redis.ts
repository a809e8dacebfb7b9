import { connect } from 'node:net';
import { type LocalRedis, startRedis } from '@trellis/local/redis';
import type { Test } from 'tap';
import { lastingPort } from './lasting-port.ts';

/** A Redis that a test may flush, freeze and kill: the one of all tests must stay as it is. */
export interface PrivateRedis {
  url: string;
  flush(): Promise<void>;
  /** SIGSTOP: connections stay open, and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL; all that it held is lost. */
  kill(): Promise<void>;
  /** A new and empty one in the same place, after `kill`. */
  restart(): Promise<void>;
}

export async function startPrivateRedis(
  t: Pick<Test, 'teardown' | 'testdirName'>,
): Promise<PrivateRedis> {
  // Beside the folder of the test, which may be that of its Postgres; the server makes it.
  const directory = `${t.testdirName}-redis`;
  const port = await lastingPort();
  const start = () => startRedis({ directory, keep: false, port });
  let server: LocalRedis = await start();
  const { url } = server;
  t.teardown(() => server.stop());
  return {
    url,
    flush: () => command(port, 'FLUSHALL'),
    freeze: () => process.kill(server.pid, 'SIGSTOP'),
    thaw: () => process.kill(server.pid, 'SIGCONT'),
    kill: async () => {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
      await server.stop();
    },
    restart: async () => {
      server = await start();
      if (server.url !== url) throw new Error(`port ${port} was taken meanwhile`);
    },
  };
}

function command(port: number, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${text}\r\n`));
    socket.on('error', reject);
    socket.once('data', (answer) => {
      socket.end();
      if (String(answer).startsWith('+OK')) resolve();
      else reject(new Error(`Redis answered ${answer}`));
    });
  });
}
