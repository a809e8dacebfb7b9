import { deleteInBatches } from '@trellis/db/delete-in-batches';
import { handleJob, type WorkerModule } from '@trellis/queue/define-job';
import type { WorkerPlatform } from '../platform.ts';
import { removeEndedSessions } from './jobs.ts';

/** Days that an ended session stays visible. */
const keptDays = 30;

export default function createWorker({ db, log }: WorkerPlatform): WorkerModule {
  const remove = handleJob(removeEndedSessions, async () => {
    const sessions = await deleteInBatches(
      db,
      (sql, limit) => sql`
      delete from sessions where id in (
        select id from sessions
        where least(expires_at, revoked_at) < now() - make_interval(days => ${keptDays})
        limit ${limit} for update skip locked)
      returning id`,
    );
    log.info({ sessions }, 'Ended sessions were removed.');
  });
  return { handlers: [remove] };
}
