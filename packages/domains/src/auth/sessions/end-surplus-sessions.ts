import type { Tx } from '@trellis/db/tenant-db';
import type { Platform } from '../../platform.ts';
import type { Origin } from '../origin.ts';
import { announceEnd } from './announce-end.ts';
import { revokeOldestSessions, type Session } from './repository.ts';

/** That one log-in ends at most; more than one are there only after the setting was lowered. */
const endedMax = 10;

/**
 * Ends the oldest sessions that the person has in the tenant beside `opened`, so that `max` are
 * left: a script that logs in for each call must not fill the table.
 */
export async function endSurplusSessions(
  tx: Tx,
  needs: Pick<Platform, 'clock' | 'changes' | 'secrets'>,
  opened: Session,
  max: number,
  origin: Origin,
): Promise<void> {
  const { tenantId, userId } = opened;
  const kept = { max, except: opened.id, limit: endedMax };
  const ended = await revokeOldestSessions(tx, { tenantId, userId }, kept, needs.clock.now());
  for (const id of ended) {
    await announceEnd(tx, needs, { id, tenantId, userId }, 'too_many_sessions', origin);
  }
}
