import type { Tx } from '@trellis/db/tenant-db';
import { writeAudit } from '../../audit/write-audit.ts';
import type { Platform } from '../../platform.ts';
import { sessionEnded } from '../authenticate.ts';
import type { Origin } from '../origin.ts';
import { revokeSession, type Session } from './repository.ts';

/** Ends a session whose refresh token was used again, and leaves a trace of it in the audit. */
export async function endStolenSession(
  tx: Tx,
  needs: Pick<Platform, 'clock' | 'changes' | 'secrets'>,
  { id, tenantId, userId }: Session,
  origin: Origin,
): Promise<void> {
  await revokeSession(tx, id, needs.clock.now());
  await needs.changes.announce(tx, sessionEnded, id);
  await writeAudit(
    needs,
    tx,
    // Nobody knows who sent the token, so it is not put down to the person.
    { ...origin, tenantId, actor: { type: 'system', id: null } },
    {
      action: 'session.ended',
      resourceType: 'session',
      resourceId: id,
      after: { reason: 'refresh_token_reused', userId },
    },
  );
}
