import { removeFailedJobs } from '@trellis/db/remove-failed-jobs';
import { handleJob, type WorkerModule } from '@trellis/queue/define-job';
import type { WorkerPlatform } from '../platform.ts';
import { removeOldFailures } from './jobs.ts';

export default function createWorker({ db, log }: WorkerPlatform): WorkerModule {
  const remove = handleJob(removeOldFailures, async () => {
    const jobs = await removeFailedJobs(db);
    log.info({ jobs }, 'Old failed jobs were removed.');
  });
  return { handlers: [remove] };
}
