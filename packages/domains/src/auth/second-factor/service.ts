import type { CallContext } from '@trellis/core/context';
import type { Tx } from '@trellis/db/tenant-db';
import { writeAudit } from '../../audit/write-audit.ts';
import type { Platform } from '../../platform.ts';
import type { Person } from '../../users/create-person.ts';
import { authErrors } from '../errors.ts';
import { provePassword } from '../passwords/prove-password.ts';
import { lockedPersonOf, personOf } from '../person/person-of.ts';
import { sendSecurityNotice } from '../person/security-notice.ts';
import type { LoginThrottle } from '../throttle/login-throttle.ts';
import { codeKey } from '../throttle/throttle-keys.ts';
import { takeCode } from './check-code.ts';
import { hashRecoveryCode, newRecoveryCodes } from './recovery-code.ts';
import {
  enableSecondFactor,
  findSecondFactor,
  prepareSecondFactor,
  removeSecondFactor,
  replaceRecoveryCodes,
} from './repository.ts';
import { newTotpSecret, totpStep, totpUri } from './totp.ts';

/** The second factor of the person who calls: TOTP (RFC 6238) and recovery codes. */
export interface SecondFactorService {
  /**
   * Logging in asks for nothing more until `enable`. Throws `mfa_enabled` and `email_unverified`
   * (409), `password_wrong` (422) and `too_many_attempts` (429).
   */
  setUp(call: CallContext, password: string): Promise<{ secret: string; uri: string }>;
  /**
   * Answers the recovery codes, which nobody can read again. Throws `mfa_not_set_up`,
   * `mfa_enabled` (409), `mfa_code_wrong` (422) and `too_many_attempts` (429).
   */
  enable(call: CallContext, code: string): Promise<string[]>;
  /**
   * Throws `mfa_not_enabled` (409), `password_wrong`, `mfa_code_wrong` (422) and
   * `too_many_attempts` (429).
   */
  disable(call: CallContext, proof: { password: string; code: string }): Promise<void>;
  /**
   * Answers new recovery codes. Throws `mfa_not_enabled` (409), `mfa_code_wrong` (422) and
   * `too_many_attempts` (429).
   */
  renewRecoveryCodes(call: CallContext, code: string): Promise<string[]>;
}

type Needs = Pick<Platform, 'db' | 'jobs' | 'secrets' | 'clock'>;
type Throttle = Pick<LoginThrottle, 'attempt'>;

interface Change {
  action: string;
  /** What the person is told. */
  notice: string;
}

const enabled = { action: 'user.mfa_enabled', notice: 'Two-factor authentication was turned on' };
const disabled = {
  action: 'user.mfa_disabled',
  notice: 'Two-factor authentication was turned off',
};
const renewed = { action: 'user.recovery_codes_renewed', notice: 'New recovery codes were made' };

export function createSecondFactor(
  needs: Needs,
  throttle: Throttle,
  { issuer }: { issuer: string },
): SecondFactorService {
  return {
    setUp: (call, password) => setUp(needs, throttle, call, { password, issuer }),
    enable: (call, code) => enable(needs, throttle, call, code),
    disable: (call, proof) => disable(needs, throttle, call, proof),
    renewRecoveryCodes: (call, code) => renewRecoveryCodes(needs, throttle, call, code),
  };
}

/**
 * Asks for the password: who has no more than a session must not lock its owner out. Nor must who
 * registered an address that is not theirs, so it has to be verified.
 */
async function setUp(
  needs: Needs,
  throttle: Throttle,
  call: CallContext,
  { password, issuer }: { password: string; issuer: string },
): Promise<{ secret: string; uri: string }> {
  const before = await provePassword(needs, throttle, call, password);
  const secret = newTotpSecret();
  return needs.db.asSystem(async (tx) => {
    const person = await lockedPersonOf(tx, call);
    if (person.passwordHash !== before.passwordHash) throw authErrors.password_wrong();
    if (!person.emailVerifiedAt) throw authErrors.email_unverified();
    const isPrepared = await prepareSecondFactor(tx, person.id, needs.secrets.seal(secret));
    if (!isPrepared) throw authErrors.mfa_enabled();
    await audit(needs, tx, call, 'user.mfa_prepared');
    return { secret, uri: totpUri(secret, { issuer, label: person.email }) };
  });
}

async function enable(
  needs: Needs,
  throttle: Throttle,
  call: CallContext,
  code: string,
): Promise<string[]> {
  const person = await needs.db.asSystem((tx) => personOf(tx, call));
  return throttle.attempt(codeKey(person.id), call.ip, () =>
    needs.db.asSystem(async (tx) => {
      const codes = await enablePrepared(needs, tx, person, code);
      await record(needs, tx, call, person, enabled);
      return codes;
    }),
  );
}

async function enablePrepared(
  { secrets, clock }: Needs,
  tx: Tx,
  { id }: Pick<Person, 'id'>,
  code: string,
): Promise<string[]> {
  const factor = await findSecondFactor(tx, id);
  if (!factor) throw authErrors.mfa_not_set_up();
  if (factor.enabledAt) throw authErrors.mfa_enabled();
  const now = clock.now();
  const step = totpStep(secrets.open(factor.secret), code.replace(/\s/g, ''), now);
  if (step === undefined) throw authErrors.mfa_code_wrong();
  const codes = newRecoveryCodes();
  const isEnabled = await enableSecondFactor(tx, factor, {
    enabledAt: now,
    lastStep: step,
    recoveryCodeHashes: codes.map(hashRecoveryCode),
  });
  if (!isEnabled) throw authErrors.mfa_not_set_up();
  return codes;
}

async function disable(
  needs: Needs,
  throttle: Throttle,
  call: CallContext,
  { password, code }: { password: string; code: string },
): Promise<void> {
  const person = await provePassword(needs, throttle, call, password);
  // Counted apart from the password, so that being right there forgets no wrong codes.
  await throttle.attempt(codeKey(person.id), call.ip, () =>
    needs.db.asSystem(async (tx) => {
      await proveSecondFactor(needs, tx, person, code);
      await removeSecondFactor(tx, person.id);
      await record(needs, tx, call, person, disabled);
    }),
  );
}

async function renewRecoveryCodes(
  needs: Needs,
  throttle: Throttle,
  call: CallContext,
  code: string,
): Promise<string[]> {
  const { db } = needs;
  const person = await db.asSystem((tx) => personOf(tx, call));
  return throttle.attempt(codeKey(person.id), call.ip, () =>
    db.asSystem(async (tx) => {
      await proveSecondFactor(needs, tx, person, code);
      const codes = newRecoveryCodes();
      await replaceRecoveryCodes(tx, person.id, codes.map(hashRecoveryCode));
      await record(needs, tx, call, person, renewed);
      return codes;
    }),
  );
}

async function proveSecondFactor(
  needs: Needs,
  tx: Tx,
  { id }: Pick<Person, 'id'>,
  code: string,
): Promise<void> {
  const factor = await findSecondFactor(tx, id);
  if (!factor?.enabledAt) throw authErrors.mfa_not_enabled();
  if (!(await takeCode(needs, tx, factor, code))) throw authErrors.mfa_code_wrong();
}

async function record(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  person: Person,
  { action, notice }: Change,
): Promise<void> {
  await sendSecurityNotice(needs, tx, person, call, notice);
  await audit(needs, tx, call, action);
}

function audit(needs: Needs, tx: Tx, call: CallContext, action: string): Promise<void> {
  return writeAudit(needs, tx, call, {
    action,
    resourceType: 'user',
    resourceId: call.actor.id,
  });
}
