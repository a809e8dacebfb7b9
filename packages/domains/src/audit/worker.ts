import { handleJob, type WorkerModule } from '@trellis/queue/define-job';
import type { WorkerPlatform } from '../platform.ts';
import { anchorHeads } from './chain/anchor-heads.ts';
import { anchorAuditHeads, keepAuditPartitions } from './jobs.ts';
import { keepPartitions } from './retention/keep-partitions.ts';

export default function createWorker(platform: WorkerPlatform): WorkerModule {
  return {
    handlers: [
      handleJob(keepAuditPartitions, async () => {
        const kept = await keepPartitions(platform);
        platform.log.info({ ...kept }, 'Old months of the audit trail were removed.');
      }),
      handleJob(anchorAuditHeads, async () => {
        const heads = await anchorHeads(platform);
        platform.log.info({ ...heads }, 'Heads of the audit trail were anchored.');
      }),
    ],
  };
}
