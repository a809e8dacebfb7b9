import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres, { type Sql } from 'postgres';

export interface DatabaseOptions {
  url: string;
  /** Connections of each of the two pools, at most; they are opened when needed. */
  poolMax: number;
  statementTimeoutMs: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
}

/** Two pools on one database; see `raw` for why. */
export interface Database {
  orm: PostgresJsDatabase;
  /**
   * postgres.js alone, for hot and bulk paths. It is a client of its own because drizzle replaces
   * the serializers of the one it is given.
   */
  raw: Sql;
  close(): Promise<void>;
}

export function createDatabase(options: DatabaseOptions): Database {
  const connect = () =>
    postgres(options.url, {
      max: options.poolMax,
      connect_timeout: 5,
      idle_timeout: 60,
      // Reconnecting is tried at once and then with short waits, so that recovery needs no restart.
      backoff: (tries) => Math.min(0.1 * 2 ** Math.min(tries, 5), 2),
      onnotice: () => {},
      connection: {
        application_name: options.applicationName,
        statement_timeout: options.statementTimeoutMs,
      },
    });
  const raw = connect();
  const client = connect();
  return {
    orm: drizzle(client, { casing: 'snake_case' }),
    raw,
    close: async () => {
      await Promise.all([raw.end({ timeout: 5 }), client.end({ timeout: 5 })]);
    },
  };
}
