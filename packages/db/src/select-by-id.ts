import { eq, getTableColumns, type InferSelectModel, sql } from 'drizzle-orm';
import { type PgColumn, type PgTable, QueryBuilder } from 'drizzle-orm/pg-core';
import type { TenantDb } from './tenant-db.ts';

type ReadById<Table extends PgTable> = (
  db: Pick<TenantDb, 'queryTenant'>,
  tenantId: string,
  id: string,
) => Promise<InferSelectModel<Table> | undefined>;

/**
 * Reads one row of a tenant as drizzle would, in one round trip and server-prepared: at a fraction
 * of what a transaction of drizzle costs. For the reads that clients repeat most.
 */
export function selectById<Table extends PgTable & { id: PgColumn }>(
  table: Table,
): ReadById<Table> {
  const columns = Object.entries(getTableColumns(table));
  const { sql: text } = new QueryBuilder({ casing: 'snake_case' })
    .select()
    .from(table as PgTable)
    .where(eq(table.id, sql.placeholder('id')))
    .toSQL();
  return async (db, tenantId, id) => {
    const [row] = await db.queryTenant(tenantId, (client) =>
      client.unsafe<Record<string, unknown>[]>(text, [id], { prepare: true }),
    );
    if (!row) return undefined;
    const values = Object.values(row);
    const entries = columns.map(([name, column], index) => {
      const value = values[index];
      return [name, value === null ? null : column.mapFromDriverValue(value)];
    });
    return Object.fromEntries(entries) as InferSelectModel<Table>;
  };
}
