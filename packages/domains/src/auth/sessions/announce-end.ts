import type { Tx } from '@trellis/db/tenant-db';
import { writeAudit } from '../../audit/write-audit.ts';
import type { Platform } from '../../platform.ts';
import { sessionEnded } from '../authenticate.ts';
import type { Origin } from '../origin.ts';
import type { Session } from './repository.ts';

/**
 * Tells every process and the trail of a session that was ended, not by its person: nobody knows
 * who is behind a stolen token, and who logs in once too often has not asked for it.
 */
export async function announceEnd(
  tx: Tx,
  needs: Pick<Platform, 'changes' | 'secrets'>,
  { id, tenantId, userId }: Pick<Session, 'id' | 'tenantId' | 'userId'>,
  reason: 'refresh_token_reused' | 'too_many_sessions',
  origin: Origin,
): Promise<void> {
  await needs.changes.announce(tx, sessionEnded, id);
  await writeAudit(
    needs,
    tx,
    { ...origin, tenantId, actor: { type: 'system', id: null } },
    {
      action: 'session.ended',
      resourceType: 'session',
      resourceId: id,
      after: { reason, userId },
    },
  );
}
