import type { Tx } from '@trellis/db/tenant-db';
import type { Platform } from '../../platform.ts';
import type { Person } from '../../users/create-person.ts';
import type { Origin } from '../origin.ts';
import { auditPerson } from '../person/audit-person.ts';
import { sendSecurityNotice } from '../person/security-notice.ts';
import { updatePerson } from '../repository.ts';
import { removeSecondFactor } from '../second-factor/repository.ts';
import { endSessionsOf } from '../sessions/end-sessions.ts';
import { revokeOneTimeTokens } from '../verification/one-time-token.ts';

export interface PasswordChange {
  change: Parameters<typeof updatePerson>[2];
  /** The session that stays; all others of the person end, in every tenant. */
  keptSessionId?: string | undefined;
  action: 'user.password_reset' | 'user.password_changed';
  /** What the person is told. */
  notice: string;
}

/**
 * Gives a person, whose row is locked, another password, and takes away what the old one gave:
 * sessions, and links to set one. Where the change verifies the address, the second factor goes as
 * well: who set it up had not shown that the address is theirs, and would lock its holder out.
 * Needs a system transaction.
 */
export async function setPassword(
  needs: Pick<Platform, 'jobs' | 'secrets' | 'clock' | 'changes'>,
  tx: Tx,
  person: Person,
  { change, keptSessionId, action, notice }: PasswordChange,
  origin: Origin,
): Promise<void> {
  await updatePerson(tx, person.id, change);
  await revokeOneTimeTokens(tx, 'reset_password', person.id);
  const sessionsEnded = await endSessionsOf(tx, needs, person.id, keptSessionId);
  await sendSecurityNotice(needs, tx, person, origin, notice);
  await auditPerson(needs, tx, person.id, origin, { action, after: { sessionsEnded } });
  if (!change.emailVerifiedAt || person.emailVerifiedAt) return;
  if (!(await removeSecondFactor(tx, person.id))) return;
  await sendSecurityNotice(needs, tx, person, origin, 'Two-factor authentication was turned off');
  await auditPerson(needs, tx, person.id, origin, { action: 'user.mfa_disabled' });
}
