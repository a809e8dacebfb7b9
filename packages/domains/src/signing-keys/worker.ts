import { handleJob, type WorkerModule } from '@trellis/queue/define-job';
import type { WorkerPlatform } from '../platform.ts';
import { rotateSigningKeys } from './jobs.ts';
import { rotateKeys } from './rotate-keys.ts';

export default function createWorker(platform: WorkerPlatform): WorkerModule {
  const { db, log, settings } = platform;
  const rotate = handleJob(rotateSigningKeys, async () => {
    const rotation = await db.asSystem((tx) => rotateKeys(tx, platform, settings.SIGNING_KEY_DAYS));
    log.info({ ...rotation }, 'Signing keys were looked after.');
  });
  return { handlers: [rotate] };
}
