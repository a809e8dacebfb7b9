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
  /** One query of one tenant in a single round trip, server-prepared; for hot reads. */
  readTenant<T extends Row>(tenantId: string, query: ReadQuery<T>): Promise<T[]>;
  /** Whether Postgres answers. */
  ping(): Promise<void>;
}

export type ReadQuery<T extends Row> = (sql: ReservedSql) => PendingQuery<T[]>;

export function createTenantDb(database: Database): TenantDb {
  return {
    withTenant: (tenantId, work) =>
      transact(database, { name: 'trellis.tenant_id', value: tenantId }, work),
    asSystem: (work) => transact(database, { name: 'role', value: 'trellis_system' }, work),
    readTenant: (tenantId, query) => readTenant(database, tenantId, query),
    ping: async () => {
      await database.raw`select 1`;
    },
  };
}

interface Scope {
  name: string;
  value: string;
}

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

async function readTenant<T extends Row>(
  database: Database,
  tenantId: string,
  query: ReadQuery<T>,
): Promise<T[]> {
  const connection = await database.raw.reserve();
  try {
    // All four travel together; a failure of one makes the commit a rollback.
    const replies = await Promise.allSettled([
      connection`begin read only`.execute(),
      connection`select set_config('trellis.tenant_id', ${tenantId}, true)`.execute(),
      query(connection).execute(),
      connection`commit`.execute(),
    ] as const);
    for (const reply of replies) if (reply.status === 'rejected') throw reply.reason;
    const rows = replies[2];
    return rows.status === 'fulfilled' ? [...rows.value] : [];
  } finally {
    connection.release();
  }
}
