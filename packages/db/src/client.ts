import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres, { type Sql } from 'postgres';
import { type SocketTarget, watchSockets } from './sockets.ts';

export interface DatabaseOptions {
  url: string;
  /** Connections of both pools together, at most, and at least 2; they are opened when needed. */
  poolMax: number;
  /** The server ends a statement of a transaction after this. */
  statementTimeoutMs: number;
  /** The server ends a transaction in which nothing was asked for this long; 10 s by default. */
  idleTransactionTimeoutMs?: number;
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
  statementTimeoutMs: number;
  idleTransactionTimeoutMs: number;
  /** When a call gives up on a server that is silent: later than the server's own timeout. */
  deadlineMs: number;
  close(): Promise<void>;
}

/** What a server that answers at all may need on top of its own timeout. */
const graceMs = 5_000;

/**
 * A process that stopped in the middle of a transaction, or behind a network that broke, would hold
 * its locks for ever. No transaction waits for anything but Postgres: not for a password to be
 * hashed, nor for an object store; what is left is the delay of a process that is overloaded. Shorter
 * than the default of DATABASE_STATEMENT_TIMEOUT_MS, so that who waits for the lock still gets it.
 */
const idleTransactionMs = 10_000;

export function createDatabase(options: DatabaseOptions): Database {
  const { statementTimeoutMs, idleTransactionTimeoutMs = idleTransactionMs } = options;
  const deadlineMs = statementTimeoutMs + graceMs;
  const sockets = watchSockets(deadlineMs);
  const connect = (max: number) => {
    const settings = {
      max,
      connect_timeout: 5,
      // Shorter than the deadline, so that no idle connection is ever taken for a silent one.
      idle_timeout: Math.min(60, Math.max(1, statementTimeoutMs / 1_000)),
      // Reconnecting is tried at once and then with short waits, so that recovery needs no restart.
      backoff: (tries: number) => Math.min(0.1 * 2 ** Math.min(tries, 5), 2),
      onnotice: () => {},
      // Nothing that PgBouncer refuses: the timeout is set by each transaction.
      connection: { application_name: options.applicationName },
      // The option is documented but not typed.
      socket: (target: SocketTarget) => sockets.open(target),
    };
    return postgres(options.url, settings);
  };
  // The hot paths run on the one, the other requests on the other.
  const raw = connect(Math.max(1, Math.ceil(options.poolMax / 2)));
  const client = connect(Math.max(1, Math.floor(options.poolMax / 2)));
  return {
    orm: drizzle(client, { casing: 'snake_case' }),
    raw,
    statementTimeoutMs,
    idleTransactionTimeoutMs,
    deadlineMs,
    close: async () => {
      await Promise.all([raw.end({ timeout: 5 }), client.end({ timeout: 5 })]);
      sockets.close();
    },
  };
}
