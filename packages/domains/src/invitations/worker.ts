import { deleteInBatches } from '@trellis/db/delete-in-batches';
import { handleJob, type WorkerModule } from '@trellis/queue/define-job';
import type { WorkerPlatform } from '../platform.ts';
import { removeExpiredInvitations } from './jobs.ts';

type Needs = Pick<WorkerPlatform, 'db' | 'log'>;

export default function createWorker({ db, log }: Needs): WorkerModule {
  const remove = handleJob(removeExpiredInvitations, async () => {
    const invitations = await deleteInBatches(
      db,
      (sql, limit) => sql`
      delete from invitations where id in (
        select id from invitations where expires_at <= now()
        limit ${limit} for update skip locked)
      returning id`,
    );
    log.info({ invitations }, 'Expired invitations were removed.');
  });
  return { handlers: [remove] };
}
