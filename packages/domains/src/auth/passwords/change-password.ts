import type { CallContext } from '@trellis/core/context';
import type { Platform } from '../../platform.ts';
import type { ChangePasswordBody } from '../account-schemas.ts';
import { authErrors } from '../errors.ts';
import { lockedPersonOf } from '../person/person-of.ts';
import type { LoginThrottle } from '../throttle/login-throttle.ts';
import { hashPassword } from './hash-password.ts';
import { provePassword } from './prove-password.ts';
import { setPassword } from './set-password.ts';

/** Throws `password_wrong` (422) and `too_many_attempts` (429). */
export type ChangePassword = (call: CallContext, input: ChangePasswordBody) => Promise<void>;

type Needs = Pick<Platform, 'db' | 'jobs' | 'secrets' | 'clock' | 'changes'>;

export function createChangePassword(
  needs: Needs,
  throttle: Pick<LoginThrottle, 'attempt'>,
): ChangePassword {
  const { db } = needs;
  return async (call, { currentPassword, newPassword }) => {
    const before = await provePassword(needs, throttle, call, currentPassword);
    const passwordHash = await hashPassword(newPassword);
    await db.asSystem(async (tx) => {
      const person = await lockedPersonOf(tx, call);
      // Another change came in between: what was checked is the password no more.
      if (person.passwordHash !== before.passwordHash) throw authErrors.password_wrong();
      const change = {
        change: { passwordHash },
        keptSessionId: call.sessionId ?? undefined,
        action: 'user.password_changed' as const,
        notice: 'Your password was changed',
      };
      await setPassword(needs, tx, person, change, call);
    });
  };
}
