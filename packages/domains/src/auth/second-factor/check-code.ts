import type { Tx } from '@trellis/db/tenant-db';
import { type AuditedCall, writeAudit } from '../../audit/write-audit.ts';
import type { Platform } from '../../platform.ts';
import type { Person } from '../../users/create-person.ts';
import { authErrors } from '../errors.ts';
import { sendSecurityNotice } from '../person/security-notice.ts';
import { hashRecoveryCode } from './recovery-code.ts';
import { findSecondFactor, type SecondFactor, takeRecoveryCode, takeStep } from './repository.ts';
import { totpStep } from './totp.ts';

type Needs = Pick<Platform, 'jobs' | 'secrets' | 'clock'>;

/** What a code was; undefined for one that is wrong or used up. */
export type UsedCode = 'totp' | 'recovery_code' | undefined;

/** Takes a code of the device or a recovery code, each of which is good once. */
export async function takeCode(
  { secrets, clock }: Pick<Needs, 'secrets' | 'clock'>,
  tx: Tx,
  factor: Pick<SecondFactor, 'userId' | 'secret'>,
  code: string,
): Promise<UsedCode> {
  const digits = code.replace(/\s/g, '');
  if (/^\d{6}$/.test(digits)) {
    const step = totpStep(secrets.open(factor.secret), digits, clock.now());
    const isTaken = step !== undefined && (await takeStep(tx, factor.userId, step));
    return isTaken ? 'totp' : undefined;
  }
  const isTaken = await takeRecoveryCode(tx, factor.userId, hashRecoveryCode(code));
  return isTaken ? 'recovery_code' : undefined;
}

/**
 * Asks for the second factor of a person who has one, as part of logging in. Throws `mfa_required`
 * and `mfa_code_invalid` (401). Needs a system transaction: the code is used up when it commits.
 */
export async function checkSecondFactor(
  needs: Needs,
  tx: Tx,
  person: Pick<Person, 'id' | 'email' | 'name'>,
  code: string | undefined,
  call: AuditedCall,
): Promise<void> {
  const factor = await findSecondFactor(tx, person.id);
  if (!factor?.enabledAt) return;
  if (code === undefined) throw authErrors.mfa_required();
  const used = await takeCode(needs, tx, factor, code);
  if (!used) throw authErrors.mfa_code_invalid();
  if (used !== 'recovery_code') return;
  await sendSecurityNotice(needs, tx, person, call, 'A recovery code was used to log in');
  await writeAudit(needs, tx, call, {
    action: 'user.recovery_code_used',
    resourceType: 'user',
    resourceId: person.id,
  });
}
