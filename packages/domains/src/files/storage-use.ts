import { storageUse } from '@trellis/db/schema/files';
import type { Tx } from '@trellis/db/tenant-db';
import { eq, sql } from 'drizzle-orm';

/** The bytes that a tenant stores, with those that are set aside for uploads under way. */
export async function storageUsed(tx: Tx, tenantId: string): Promise<number> {
  const [row] = await tx.orm
    .select({ bytes: storageUse.bytes })
    .from(storageUse)
    .where(eq(storageUse.tenantId, tenantId));
  return row?.bytes ?? 0;
}

/**
 * Until the end of the transaction nobody else changes what is used. Whoever changes files or
 * uploads takes this lock before any other of them.
 */
export async function lockStorage(tx: Tx, tenantId: string): Promise<void> {
  await tx.orm.insert(storageUse).values({ tenantId }).onConflictDoNothing();
  await tx.orm
    .select({ tenantId: storageUse.tenantId })
    .from(storageUse)
    .where(eq(storageUse.tenantId, tenantId))
    .for('update');
}

/** `bytes` may be negative. Needs the lock. */
export async function addStorage(tx: Tx, tenantId: string, bytes: number): Promise<void> {
  await tx.orm
    .update(storageUse)
    .set({ bytes: sql`${storageUse.bytes} + ${bytes}` })
    .where(eq(storageUse.tenantId, tenantId));
}
