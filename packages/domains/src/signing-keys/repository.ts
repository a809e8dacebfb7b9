import { signingKeys } from '@trellis/db/schema/auth';
import type { Tx } from '@trellis/db/tenant-db';
import { and, desc, gt, isNull, lte, ne, or, sql } from 'drizzle-orm';

export type SigningKey = typeof signingKeys.$inferSelect;

/** Until the transaction ends: keys are made one after another, whoever makes them. */
export async function lockSigningKeys(tx: Tx): Promise<void> {
  await tx.sql`select pg_advisory_xact_lock(hashtextextended('signing-keys', 0))`;
}

/** The time in Postgres at this moment, not at the beginning of the transaction. */
export async function readClock(tx: Tx): Promise<Date> {
  const [row] = await tx.sql<{ ms: number }[]>`
    select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`;
  return new Date(Number(row?.ms));
}

/** Those that verify or will sign, the one that becomes active last at the front. */
export function listSigningKeys(tx: Tx, now: Date): Promise<SigningKey[]> {
  return tx.orm
    .select()
    .from(signingKeys)
    .where(or(isNull(signingKeys.retiredAt), gt(signingKeys.retiredAt, now)))
    .orderBy(desc(signingKeys.activeAt), desc(signingKeys.id));
}

export async function insertSigningKey(
  tx: Tx,
  key: typeof signingKeys.$inferInsert,
): Promise<SigningKey> {
  const [row] = await tx.orm.insert(signingKeys).values(key).returning();
  return row as SigningKey;
}

/** All but the one; a key that retires earlier still does. */
export async function retireOthers(tx: Tx, id: string, retiredAt: Date): Promise<void> {
  await tx.orm
    .update(signingKeys)
    .set({ retiredAt })
    .where(
      and(
        ne(signingKeys.id, id),
        or(isNull(signingKeys.retiredAt), gt(signingKeys.retiredAt, retiredAt)),
      ),
    );
}

/** Answers how many there were. */
export async function deleteRetired(tx: Tx, now: Date): Promise<number> {
  const rows = await tx.orm
    .delete(signingKeys)
    .where(lte(signingKeys.retiredAt, now))
    .returning({ one: sql`1` });
  return rows.length;
}
