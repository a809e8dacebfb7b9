import type { Platform } from '../../platform.ts';
import { clearUpload } from './clear-upload.ts';
import { giveUpStaleUploads } from './repository.ts';

const batchSize = 100;

/**
 * Clears away the uploads whose process died, and gives back what was set aside for them. One that
 * cannot be cleared does not keep the others; throws AggregateError in the end. Answers how many
 * are gone.
 */
export async function removeAbandonedUploads(
  needs: Pick<Platform, 'db' | 'storage'>,
): Promise<number> {
  let removed = 0;
  for (;;) {
    const batch = await needs.db.asSystem((tx) => giveUpStaleUploads(tx, batchSize));
    const failures: unknown[] = [];
    for (const upload of batch) {
      await clearUpload(needs, upload).then(
        () => (removed += 1),
        (error: unknown) => failures.push(error),
      );
    }
    if (failures.length > 0) {
      throw new AggregateError(failures, `${failures.length} uploads could not be cleared away.`);
    }
    if (batch.length < batchSize) return removed;
  }
}
