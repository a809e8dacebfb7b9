import type { Platform } from '../../platform.ts';
import { addStorage, lockStorage } from '../storage-use.ts';
import { deleteUpload } from './repository.ts';
import type { Upload } from './reservation.ts';

/**
 * Removes what is stored of an upload that was given up, and then gives back what was set aside
 * for it. Can be repeated, and done by several at once.
 */
export async function clearUpload(
  { db, storage }: Pick<Platform, 'db' | 'storage'>,
  { id, tenantId, storageKey }: Pick<Upload, 'id' | 'tenantId' | 'storageKey'>,
): Promise<void> {
  await storage.removeUnfinished(storageKey);
  await storage.remove(storageKey);
  await db.withTenant(tenantId, async (tx) => {
    await lockStorage(tx, tenantId);
    const upload = await deleteUpload(tx, id);
    if (upload) await addStorage(tx, tenantId, -upload.reserved);
  });
}
