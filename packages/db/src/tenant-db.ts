import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { PendingQuery, ReservedSql, Row, TransactionSql } from 'postgres';
import type { Database } from './client.ts';

type OrmTransaction = Parameters<Parameters<PostgresJsDatabase['transaction']>[0]>[0];

/** One open transaction, scoped to a tenant or to the system. */
export interface Tx {
  orm: OrmTransaction;
  /** postgres.js on the same connection; JSON and dates go in as text. */
  sql: TransactionSql;
  /** Runs once the transaction has been committed, and not at all when it is rolled back. */
  afterCommit(listener: () => void): void;
}

/** The way to tenant data: every statement runs inside a transaction that names its scope. */
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
  querySystem<T extends Row>(query: HotQuery<T>, options?: HotOptions): Promise<T[]>;
  /** Whether Postgres answers. */
  ping(): Promise<void>;
}

export type HotQuery<T extends Row> = (sql: ReservedSql) => PendingQuery<T[]>;

export interface HotOptions {
  /**
   * Plans it with walks along an index only. For a statement that takes the first few of very many
   * rows: Postgres cannot see how few when it plans, and would read and sort all of them.
   */
  walkIndexes?: boolean;
}

export function createTenantDb(database: Database): TenantDb {
  return {
    withTenant: (tenantId, work) => transact(database, tenantScope(tenantId), work),
    asSystem: (work) => transact(database, systemScope, work),
    queryTenant: (tenantId, query) => queryOnce(database, tenantScope(tenantId), query),
    querySystem: (query, options) => queryOnce(database, systemScope, query, options),
    ping: async () => {
      await database.raw`select 1`;
    },
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
  const result = await database.orm.transaction(async (orm) => {
    const client = clientOf(orm);
    // Not awaited by itself: it is the first on the wire, and the first query of `work` follows
    // in the same flush. Local to the transaction, so PgBouncer in transaction mode keeps it apart.
    const scoped = client`select set_config(${scope.name}, ${scope.value}, true)`.execute();
    const [outcome] = await Promise.all([
      work({ orm, sql: client, afterCommit: (listener) => listeners.push(listener) }),
      scoped,
    ]);
    return outcome;
  });
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
  { walkIndexes = false }: HotOptions = {},
): Promise<T[]> {
  const connection = await database.raw.reserve();
  try {
    // All travel together; a failure of one makes the commit a rollback.
    const replies = await Promise.allSettled([
      connection`begin`.execute(),
      connection`select set_config(${scope.name}, ${scope.value}, true)`.execute(),
      walkIndexes ? allowIndexWalksOnly(connection) : undefined,
      query(connection).execute(),
      connection`commit`.execute(),
    ] as const);
    for (const reply of replies) if (reply.status === 'rejected') throw reply.reason;
    const rows = replies[3];
    return rows.status === 'fulfilled' ? [...rows.value] : [];
  } finally {
    connection.release();
  }
}

/** For the rest of the transaction; a prepared statement keeps the plan that it got under it. */
function allowIndexWalksOnly(connection: ReservedSql): Promise<unknown> {
  return connection`
    select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
      set_config('enable_sort', 'off', true)`.execute();
}
