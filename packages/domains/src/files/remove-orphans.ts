import { files, uploads } from '@trellis/db/schema/files';
import type { StoredObject } from '@trellis/storage/object-store';
import { inArray } from 'drizzle-orm';
import { unionAll } from 'drizzle-orm/pg-core';
import type { Platform } from '../platform.ts';
import { fileIdOf, keyPrefix } from './storage-key.ts';

type Needs = Pick<Platform, 'db' | 'storage' | 'clock'>;

/** An object is stored a moment before its row is committed; a day is far beyond that. */
const youngestMs = 86_400_000;
/** Keys that are looked up in one statement. */
const batchSize = 1_000;

export interface RemovedOrphans {
  objects: number;
  /** What puts have left that never ended. */
  unfinished: number;
}

/**
 * Removes what is older than a day and belongs to no file and no upload, such as the content of an
 * upload whose process woke up after it had been cleared away. Keys that are not made by this
 * domain are left alone.
 */
export async function removeOrphanedObjects(needs: Needs): Promise<RemovedOrphans> {
  const { storage } = needs;
  return {
    objects: await sweep(needs, storage.list(keyPrefix), (key) => storage.remove(key)),
    unfinished: await sweep(needs, storage.listUnfinished(keyPrefix), (key) =>
      storage.removeUnfinished(key),
    ),
  };
}

async function sweep(
  needs: Needs,
  found: AsyncIterable<StoredObject>,
  remove: (key: string) => Promise<void>,
): Promise<number> {
  const before = needs.clock.now().getTime() - youngestMs;
  let removed = 0;
  let batch = new Map<string, string>();
  const flush = async (): Promise<void> => {
    for (const key of await withoutRow(needs, batch)) {
      await remove(key);
      removed += 1;
    }
    batch = new Map();
  };
  for await (const { key, storedAt } of found) {
    const id = fileIdOf(key);
    if (id === undefined || storedAt.getTime() > before) continue;
    batch.set(id, key);
    if (batch.size === batchSize) await flush();
  }
  await flush();
  return removed;
}

/** The keys, given by the ids in them, that neither a file nor an upload has. */
async function withoutRow({ db }: Needs, keys: Map<string, string>): Promise<string[]> {
  if (keys.size === 0) return [];
  const ids = [...keys.keys()];
  const rows = await db.asSystem(({ orm }) =>
    unionAll(
      orm.select({ id: files.id }).from(files).where(inArray(files.id, ids)),
      orm.select({ id: uploads.id }).from(uploads).where(inArray(uploads.id, ids)),
    ),
  );
  for (const { id } of rows) keys.delete(id);
  return [...keys.values()];
}
