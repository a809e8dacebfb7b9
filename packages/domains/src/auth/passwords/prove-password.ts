import type { CallContext } from '@trellis/core/context';
import type { Platform } from '../../platform.ts';
import type { Person } from '../../users/create-person.ts';
import { authErrors } from '../errors.ts';
import { personOf } from '../person/person-of.ts';
import type { LoginThrottle } from '../throttle/login-throttle.ts';
import { passwordKey } from '../throttle/throttle-keys.ts';
import { verifyPassword } from './hash-password.ts';

/**
 * The person who calls, once they have shown that they know the password: a session alone may be a
 * stolen one. Throws `password_wrong` (422) and `too_many_attempts` (429); guesses count with those
 * of logging in.
 */
export async function provePassword(
  { db }: Pick<Platform, 'db'>,
  throttle: Pick<LoginThrottle, 'attempt'>,
  call: CallContext,
  password: string,
): Promise<Person> {
  const person = await db.asSystem((tx) => personOf(tx, call));
  await throttle.attempt(passwordKey(person.email), call.ip, async () => {
    if (!(await verifyPassword(person.passwordHash, password))) throw authErrors.password_wrong();
  });
  return person;
}
