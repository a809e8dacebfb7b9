import { handleJob, type WorkerModule } from '@trellis/queue/define-job';
import type { WorkerPlatform } from '../platform.ts';
import { removeObject, removeOrphans, removeStaleUploads } from './jobs.ts';
import { removeOrphanedObjects } from './remove-orphans.ts';
import { removeAbandonedUploads } from './upload/remove-abandoned-uploads.ts';

export default function createWorker(platform: WorkerPlatform): WorkerModule {
  const { storage, log } = platform;
  return {
    handlers: [
      handleJob(removeObject, ({ storageKey }) => storage.remove(storageKey)),
      handleJob(removeStaleUploads, async () => {
        const uploads = await removeAbandonedUploads(platform);
        log.info({ uploads }, 'Uploads that were left behind were removed.');
      }),
      handleJob(removeOrphans, async () => {
        const removed = await removeOrphanedObjects(platform);
        log.info({ ...removed }, 'Objects that belong to no file were removed.');
      }),
    ],
  };
}
