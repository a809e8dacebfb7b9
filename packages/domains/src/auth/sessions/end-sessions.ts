import type { Tx } from '@trellis/db/tenant-db';
import type { Platform } from '../../platform.ts';
import { personSignedOut } from '../authenticate.ts';
import { revokeSessionsOf } from './repository.ts';

/**
 * Ends the sessions of a person in every tenant, but for `exceptId`, and answers how many there
 * were. Needs a system transaction.
 */
export async function endSessionsOf(
  tx: Tx,
  { changes, clock }: Pick<Platform, 'changes' | 'clock'>,
  userId: string,
  exceptId?: string,
): Promise<number> {
  const ended = await revokeSessionsOf(tx, userId, exceptId, clock.now());
  // Once for all of them: what one message makes others do must not grow with their number.
  if (ended > 0) await changes.announce(tx, personSignedOut, userId);
  return ended;
}
