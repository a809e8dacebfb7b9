import type { RecoveryReply } from '../recovery-schemas.ts';
import type { Recovery } from './repository.ts';

/** The row as the wire shows it. */
export function presentRecovery(row: Recovery): RecoveryReply {
  return {
    id: row.id,
    webhookId: row.webhookId,
    recovers: row.kind,
    since: row.since.toISOString(),
    until: row.until.toISOString(),
    status: row.status,
    total: row.total,
    queued: row.queued,
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}
