import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { PendingQuery, ReservedSql, Row, TransactionSql } from 'postgres';
import type { Database } from './client.ts';
import { withDeadline } from './deadline.ts';
import { refuseUnsafeLogin } from './unsafe-login.ts';

type OrmTransaction = Parameters<Parameters<PostgresJsDatabase['transaction']>[0]>[0];

/** One open transaction, scoped to a tenant or to the system. */
export interface Tx {
  orm: OrmTransaction;
  /** postgres.js on the same connection; JSON and dates go in as text. */
  sql: TransactionSql;
  /** Runs as the last of the transaction; what it throws rolls everything back. */
  beforeCommit(work: () => Promise<void>): void;
  /** Runs once the transaction has been committed, and not at all when it is rolled back. */
  afterCommit(listener: () => void): void;
}

/**
 * The way to tenant data: every statement runs inside a transaction that names its scope. A call
 * waits at most `deadlineMs` for a connection, and then as long for each answer of the server.
 */
export interface TenantDb {
  /** A transaction that sees and writes the rows of one tenant only. */
  withTenant<Result>(tenantId: string, work: (tx: Tx) => Promise<Result>): Promise<Result>;
  /** A transaction across tenants, for the platform's own work; never for a tenant's request. */
  asSystem<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result>;
  /**
   * One statement of one tenant, with its transaction, in a single round trip and server-prepared;
   * for hot paths.
   */
  queryTenant<T extends Row>(tenantId: string, query: HotQuery<T>): Promise<T[]>;
  /** The same across tenants, as the system. */
  querySystem<T extends Row>(query: HotQuery<T>): Promise<T[]>;
  /** Whether Postgres answers. */
  ping(): Promise<void>;
}

export type HotQuery<T extends Row> = (sql: ReservedSql) => PendingQuery<T[]>;

/** Every call throws UnsafeLoginError while row-level security does not bind the login. */
export function createTenantDb(database: Database): TenantDb {
  const checked = checkLoginOnce(database);
  const query = async <T extends Row>(scope: Scope, statement: HotQuery<T>) => {
    await checked();
    return queryOnce(database, scope, statement);
  };
  const run = async <Result>(scope: Scope, work: (tx: Tx) => Promise<Result>) => {
    await checked();
    return transact(database, scope, work);
  };
  return {
    withTenant: (tenantId, work) => run(tenantScope(tenantId), work),
    asSystem: (work) => run(systemScope, work),
    queryTenant: (tenantId, statement) => query(tenantScope(tenantId), statement),
    querySystem: (statement) => query(systemScope, statement),
    ping: async () => {
      await checked();
      await onConnection(database, (sql) => sql`select 1`);
    },
  };
}

/** The first use checks, as nothing has to be connected before; a failure is checked again. */
function checkLoginOnce(database: Database): () => Promise<void> {
  let check: Promise<void> | undefined;
  return () => {
    check ??= onConnection(database, (sql) => refuseUnsafeLogin(sql)).catch((error) => {
      check = undefined;
      throw error;
    });
    return check;
  };
}

/** A setting that holds for one transaction. */
interface Scope {
  name: string;
  value: string;
}

const tenantScope = (tenantId: string): Scope => ({ name: 'trellis.tenant_id', value: tenantId });
const systemScope: Scope = { name: 'role', value: 'trellis_system' };

async function transact<Result>(
  database: Database,
  scope: Scope,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  const listeners: (() => void)[] = [];
  const last: (() => Promise<void>)[] = [];
  const timeout = String(database.statementTimeoutMs);
  const idleTimeout = String(database.idleTransactionTimeoutMs);
  const result = await withDeadline(database.deadlineMs, (deadline) =>
    database.orm.transaction(async (orm) => {
      deadline.check();
      // How long the work takes is its own affair; a silent server fails its statements.
      deadline.lift();
      const client = clientOf(orm);
      // Not awaited by itself: it is the first on the wire, and the first query of `work` follows
      // in the same flush. Local to the transaction, so PgBouncer in transaction mode keeps it
      // apart.
      const scoped = client`
        select set_config(${scope.name}, ${scope.value}, true),
          set_config('statement_timeout', ${timeout}, true),
          set_config('idle_in_transaction_session_timeout', ${idleTimeout}, true)`.execute();
      const [outcome] = await Promise.all([
        work({
          orm,
          sql: client,
          beforeCommit: (step) => last.push(step),
          afterCommit: (listener) => listeners.push(listener),
        }),
        scoped,
      ]);
      for (const step of last) await step();
      return outcome;
    }),
  );
  for (const listener of listeners) listener();
  return result;
}

/** drizzle keeps the postgres.js transaction in its session but does not type it. */
function clientOf(orm: OrmTransaction): TransactionSql {
  return (orm._ as unknown as { session: { client: TransactionSql } }).session.client;
}

async function queryOnce<T extends Row>(
  database: Database,
  scope: Scope,
  query: HotQuery<T>,
): Promise<T[]> {
  const opening = openingOf(scope, database);
  return onConnection(database, async (connection) => {
    // All travel together; a failure of one makes the commit a rollback. What surrounds the query
    // goes as plain text, which costs both ends less than statements with parameters.
    const replies = await Promise.allSettled([
      connection.unsafe(opening).simple().execute(),
      query(connection).execute(),
      connection.unsafe('commit').simple().execute(),
    ] as const);
    for (const reply of replies) if (reply.status === 'rejected') throw reply.reason;
    const rows = replies[1];
    return rows.status === 'fulfilled' ? [...rows.value] : [];
  });
}

/** A caller that gave up is not waited for; the connection is, until it answers or is destroyed. */
function onConnection<Result>(
  { raw, deadlineMs }: Database,
  work: (connection: ReservedSql) => Promise<Result>,
): Promise<Result> {
  return withDeadline(deadlineMs, async (deadline) => {
    const connection = await raw.reserve();
    try {
      deadline.check();
      return await work(connection);
    } finally {
      connection.release();
    }
  });
}

/** SET takes no parameters, so only what cannot end the literal is let into it. */
function openingOf(
  { name, value }: Scope,
  { statementTimeoutMs, idleTransactionTimeoutMs }: Database,
): string {
  if (!/^[\w-]+$/.test(value)) throw new Error(`"${value}" cannot be a scope.`);
  const settings = [
    `${name} = '${value}'`,
    `statement_timeout = ${statementTimeoutMs}`,
    `idle_in_transaction_session_timeout = ${idleTransactionTimeoutMs}`,
  ];
  return ['begin', ...settings.map((setting) => `set local ${setting}`)].join('; ');
}
