import { storageUse } from '@trellis/db/schema/files';
import type { Tx } from '@trellis/db/tenant-db';
import { eq, sql } from 'drizzle-orm';

/**
 * The bytes that a tenant stores, with those that are set aside for uploads under way; until the
 * end of the transaction nobody else changes it. Whoever changes files or uploads takes this lock
 * before any other of them.
 */
export async function lockStorage(tx: Tx, tenantId: string): Promise<number> {
  await tx.orm.insert(storageUse).values({ tenantId }).onConflictDoNothing();
  const [row] = await tx.orm
    .select({ bytes: storageUse.bytes })
    .from(storageUse)
    .where(eq(storageUse.tenantId, tenantId))
    .for('update');
  return row?.bytes ?? 0;
}

/** `bytes` may be negative. Needs the lock. */
export async function addStorage(tx: Tx, tenantId: string, bytes: number): Promise<void> {
  await tx.orm
    .update(storageUse)
    .set({ bytes: sql`${storageUse.bytes} + ${bytes}` })
    .where(eq(storageUse.tenantId, tenantId));
}
