import { deleteInBatches } from '@trellis/db/delete-in-batches';
import { handleJob, type WorkerModule } from '@trellis/queue/define-job';
import type { WorkerPlatform } from '../platform.ts';
import { removeExpiredKeys } from './jobs.ts';

/** Days that an expired key stays visible, so that its owner sees why it works no longer. */
const keptDays = 30;

export default function createWorker({ db, log }: WorkerPlatform): WorkerModule {
  const remove = handleJob(removeExpiredKeys, async () => {
    const keys = await deleteInBatches(
      db,
      (sql, limit) => sql`
      delete from api_keys where id in (
        select id from api_keys
        where expires_at < now() - make_interval(days => ${keptDays})
        limit ${limit} for update skip locked)
      returning id`,
    );
    log.info({ keys }, 'Expired API keys were removed.');
  });
  return { handlers: [remove] };
}
