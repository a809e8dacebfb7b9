import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import type { Tx } from '@trellis/db/tenant-db';
import { authErrors } from '../auth/errors.ts';
import { hashPassword, verifyPassword } from '../auth/passwords/hash-password.ts';
import { findGrant } from '../auth/session-grant.ts';
import type { LoginThrottle } from '../auth/throttle/login-throttle.ts';
import { passwordKey } from '../auth/throttle/throttle-keys.ts';
import type { Person } from '../users/create-person.ts';
import { invitationErrors } from './errors.ts';
import type { AcceptInvitationBody } from './schemas.ts';

/** Who accepts: what they send, and the session that they send it with, if any. */
export interface Accepting {
  input: AcceptInvitationBody;
  ip: string | null;
  call: Pick<CallContext, 'actor' | 'sessionId'> | null;
}

/** What came of the password that was sent: it is the account's, or it is to become that. */
export interface CheckedPassword {
  /** The hash that it matches; null when it was not compared. */
  current: string | null;
  /** Its own hash; null when it is not to be set. */
  next: string | null;
}

/**
 * The token proves the address, not who chose the password of the account. While the address was
 * never verified that may be somebody else, who would come in with it.
 */
export function needsPassword(person: Person): boolean {
  return person.passwordHash === null || person.emailVerifiedAt === null;
}

/**
 * Throws `account_details_required` and `account_exists` (422) when what was sent is not what the
 * account of the address asks for, and `account_disabled` (403).
 */
export function assertFits(person: Person | undefined, { input, call }: Accepting): void {
  const { name, password } = input;
  if (person?.disabledAt) throw invitationErrors.account_disabled();
  if (!person && (name === undefined || password === undefined)) {
    throw invitationErrors.account_details_required('Send `name` and `password` as well.');
  }
  if (person && needsPassword(person) && password === undefined) {
    throw invitationErrors.account_details_required('Send the `password` that the account gets.');
  }
  if (!person || needsPassword(person)) return;
  if (name !== undefined) throw invitationErrors.account_exists('Send no `name`: it stays.');
  if (password === undefined && !isOwn(person, call)) {
    throw invitationErrors.account_exists('Send the current `password` of the account.');
  }
}

/**
 * Compares the password with the account's, or hashes it for an account that gets it. Costs as much
 * as a log-in, so `assertFits` comes first. Throws `password_wrong` (422) and `too_many_attempts`
 * (429): guesses count with those of logging in.
 */
export async function checkPassword(
  throttle: Pick<LoginThrottle, 'attempt'>,
  person: Person | undefined,
  { input: { password }, ip }: Accepting,
): Promise<CheckedPassword> {
  if (password === undefined) return { current: null, next: null };
  if (!person || needsPassword(person)) {
    return { current: null, next: await hashPassword(password) };
  }
  await throttle.attempt(passwordKey(person.email), ip, async () => {
    if (!(await verifyPassword(person.passwordHash, password))) throw authErrors.password_wrong();
  });
  return { current: person.passwordHash, next: null };
}

/**
 * Judges the proof once more, with the person locked. Throws `password_wrong` (422) when the
 * password was changed since it was compared, and `unauthenticated` (401) when the session has
 * ended.
 */
export async function assertStillProved(
  tx: Tx,
  person: Person | undefined,
  accepting: Accepting,
  checked: CheckedPassword,
): Promise<void> {
  assertFits(person, accepting);
  if (!person || needsPassword(person)) {
    if (checked.next === null) throw authErrors.password_wrong();
    return;
  }
  if (accepting.input.password !== undefined) {
    if (checked.current !== person.passwordHash) throw authErrors.password_wrong();
    return;
  }
  const grant = await findGrant(tx, accepting.call?.sessionId ?? '');
  if (grant?.userId !== person.id) throw commonErrors.unauthenticated('The session has ended.');
}

function isOwn(person: Person, call: Accepting['call']): boolean {
  return call !== null && call.sessionId !== null && call.actor.id === person.id;
}
