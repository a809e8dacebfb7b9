import type { MailLinks } from '../../email/mail-links.ts';
import type { Platform } from '../../platform.ts';
import { lockPerson } from '../../users/lock-person.ts';
import type { ResetPasswordBody } from '../account-schemas.ts';
import { authErrors } from '../errors.ts';
import type { Origin } from '../origin.ts';
import type { LoginThrottle } from '../throttle/login-throttle.ts';
import { takeMailTurn } from '../throttle/mail-turn.ts';
import { clearCountIn } from '../throttle/repository.ts';
import { mailKey, passwordKey } from '../throttle/throttle-keys.ts';
import { ownerOfOneTimeToken, takeOneTimeToken } from '../verification/one-time-token.ts';
import { hashPassword } from './hash-password.ts';
import { enqueuePasswordReset } from './send-password-reset.ts';
import { setPassword } from './set-password.ts';

export interface PasswordRecovery {
  /**
   * Mails a link to the person of the address; whether there is one cannot be told from here.
   * Throws `too_many_attempts` (429) when too much was asked for from where the call comes.
   */
  forgot(email: string, origin: Origin): Promise<void>;
  /** Lets in whoever holds the token, and nobody else any longer. Throws `token_invalid` (422). */
  reset(input: ResetPasswordBody, origin: Origin): Promise<void>;
}

export interface PasswordRecoverySettings {
  resetPasswordTtlSeconds: number;
  links: Pick<MailLinks, 'resetPassword'>;
}

const kind = 'reset_password';

export function createPasswordRecovery(
  needs: Pick<Platform, 'db' | 'jobs' | 'secrets' | 'clock' | 'changes'>,
  throttle: Pick<LoginThrottle, 'countRequest'>,
  { resetPasswordTtlSeconds, links }: PasswordRecoverySettings,
): PasswordRecovery {
  const { db, clock } = needs;
  return {
    async forgot(email, { ip }) {
      await throttle.countRequest(ip);
      const linkStart = links.resetPassword('');
      const request = { email, linkStart, linkTtlSeconds: resetPasswordTtlSeconds, ip };
      await db.asSystem(async (tx) => {
        // By what was typed, so that it is the same for an address that nobody has.
        const waitSeconds = await takeMailTurn(tx, mailKey('forgot', email));
        if (waitSeconds === 0) await enqueuePasswordReset(needs, tx, request);
      });
    },

    async reset({ token, password }, origin) {
      const ownerId = await db.asSystem((tx) => ownerOfOneTimeToken(tx, kind, token, clock.now()));
      // Before the hashing, which is what a flood of guesses would make us pay for.
      if (!ownerId) throw authErrors.token_invalid();
      const passwordHash = await hashPassword(password);
      await db.asSystem(async (tx) => {
        const now = clock.now();
        const person = await lockPerson(tx, ownerId);
        if (!person || person.disabledAt) throw authErrors.token_invalid();
        if (!(await takeOneTimeToken(tx, kind, token, now))) throw authErrors.token_invalid();
        const change = {
          // The link came to the address, so the address is theirs.
          change: { passwordHash, emailVerifiedAt: person.emailVerifiedAt ?? now },
          action: 'user.password_reset' as const,
          notice: 'Your password was reset',
        };
        await setPassword(needs, tx, person, change, origin);
        await clearCountIn(tx, passwordKey(person.email));
      });
    },
  };
}
