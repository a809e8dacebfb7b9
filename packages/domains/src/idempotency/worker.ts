import { deleteInBatches } from '@trellis/db/delete-in-batches';
import { handleJob, type WorkerModule } from '@trellis/queue/define-job';
import type { WorkerPlatform } from '../platform.ts';
import { removeOldKeys } from './jobs.ts';

/** A repeated request later than this is a new one. */
const keptHours = 24;

export default function createWorker({ db, log }: WorkerPlatform): WorkerModule {
  const remove = handleJob(removeOldKeys, async () => {
    const keys = await deleteInBatches(
      db,
      (sql, limit) => sql`
      delete from idempotency_keys where (tenant_id, key) in (
        select tenant_id, key from idempotency_keys
        where created_at < now() - make_interval(hours => ${keptHours})
        limit ${limit} for update skip locked)
      returning key`,
    );
    log.info({ keys }, 'Old idempotency keys were removed.');
  });
  return { handlers: [remove] };
}
