import { type LocalPostgres, removeAbandoned, startPostgres } from '@trellis/local/postgres';
import type { Test } from 'tap';
import type { TestDatabase } from './database.ts';
import { lastingPort } from './lasting-port.ts';

/** A Postgres that a test may kill: the one of all tests must stay as it is. */
export interface PrivatePostgres {
  database: TestDatabase;
  /** SIGKILL for the server and what it runs; the data are kept. */
  kill(): Promise<void>;
  /** Goes on with the data, at the same port. */
  restart(): Promise<void>;
}

export async function startPrivatePostgres(
  t: Pick<Test, 'teardown' | 'testdir'>,
): Promise<PrivatePostgres> {
  const directory = t.testdir();
  const port = await lastingPort();
  let server: LocalPostgres = await startPostgres({ directory, keep: true, port });
  const { ownerUrl, appUrl } = server;
  t.teardown(async () => {
    await server.stop();
    await removeAbandoned(directory);
  });
  return {
    database: { ownerUrl, appUrl },
    kill: async () => {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
      await server.stop();
    },
    restart: async () => {
      server = await startPostgres({ directory, keep: true, port });
      if (server.port !== port) throw new Error(`port ${port} was taken meanwhile`);
    },
  };
}
