import type { Platform } from '../../platform.ts';
import { clearUpload } from './clear-upload.ts';
import { giveUpStaleUploads, type UploadRow } from './repository.ts';

const batchSize = 100;

type Needs = Pick<Platform, 'db' | 'storage'>;

/**
 * Clears away the uploads whose process died, and gives back what was set aside for them. Those
 * that cannot be cleared do not keep the others; throws AggregateError in the end. Answers how
 * many are gone.
 */
export async function removeAbandonedUploads(needs: Needs): Promise<number> {
  const failures: unknown[] = [];
  let removed = 0;
  let last: string | undefined;
  for (;;) {
    // By id, so that those that failed are passed and not met again.
    const batch = await needs.db.asSystem((tx) => giveUpStaleUploads(tx, batchSize, last));
    const failed = await clearAll(needs, batch);
    removed += batch.length - failed.length;
    failures.push(...failed);
    last = batch
      .map(({ id }) => id)
      .toSorted()
      .at(-1);
    if (batch.length < batchSize) break;
    // While the store is away, each of the others would wait for it in vain.
    if (failed.length === batch.length && !(await answers(needs))) break;
  }
  if (failures.length === 0) return removed;
  throw new AggregateError(failures, `${failures.length} uploads could not be cleared away.`);
}

/** Answers why some could not be. */
async function clearAll(needs: Needs, batch: UploadRow[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const upload of batch) {
    await clearUpload(needs, upload).catch((error: unknown) => failures.push(error));
  }
  return failures;
}

function answers({ storage }: Needs): Promise<boolean> {
  return storage.ping().then(
    () => true,
    () => false,
  );
}
