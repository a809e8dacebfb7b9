import type { PendingQuery, ReservedSql } from 'postgres';
import type { TenantDb } from './tenant-db.ts';

/** Rows in one statement: small enough that nobody waits for its locks. */
const batchSize = 1_000;

/**
 * Repeats a delete of at most `limit` rows until it finds fewer. Answers how many rows went.
 * The statement returns one row for each that it removed.
 */
export async function deleteInBatches(
  db: Pick<TenantDb, 'querySystem'>,
  statement: (sql: ReservedSql, limit: number) => PendingQuery<object[]>,
): Promise<number> {
  let removed = 0;
  for (;;) {
    const rows = await db.querySystem((sql) => statement(sql, batchSize));
    removed += rows.length;
    if (rows.length < batchSize) return removed;
  }
}
