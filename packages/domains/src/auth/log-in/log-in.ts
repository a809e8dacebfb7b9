import { ProblemError } from '@trellis/core/errors';
import { writeAudit } from '../../audit/write-audit.ts';
import type { Platform } from '../../platform.ts';
import { lockPerson } from '../../users/lock-person.ts';
import { authErrors } from '../errors.ts';
import type { Origin } from '../origin.ts';
import { verifyPassword } from '../passwords/hash-password.ts';
import { findLogin, type Login, listTenantsOf } from '../repository.ts';
import type { LoginBody, TokensReply } from '../schemas.ts';
import { checkSecondFactor } from '../second-factor/check-code.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { isWrongGuess, type LoginAttempt, type LoginThrottle } from '../throttle/login-throttle.ts';
import { codeKey, passwordKey } from '../throttle/throttle-keys.ts';
import { chooseTenant } from './choose-tenant.ts';
import type { LoginDenials } from './login-denials.ts';

export type LogIn = (input: LoginBody, origin: Origin) => Promise<TokensReply>;

interface Needs extends Pick<Platform, 'db' | 'jobs' | 'secrets' | 'clock'> {
  sessions: Pick<Sessions, 'open'>;
  throttle: LoginThrottle;
  denials: Pick<LoginDenials, 'record'>;
}

export function createLogIn(needs: Needs): LogIn {
  const { db, throttle, denials } = needs;
  return async (input, origin) => {
    const { email, password, tenantId, code } = input;
    /** Runs a part of the log-in, and records when that refuses it. */
    const run = async <Result>(
      person: Login | undefined,
      { isLastFree }: LoginAttempt,
      part: () => Promise<Result>,
    ): Promise<Result> => {
      try {
        return await part();
      } catch (problem) {
        if (person && isDenial(problem)) {
          const throttles = isLastFree && isWrongGuess(problem);
          denials.record({ person, tenantId, origin, problem, throttles });
        }
        throw problem;
      }
    };
    const checked = await throttle.attempt(passwordKey(email), origin.ip, async (attempt) => {
      const found = await findLogin(db, email.trim());
      return run(found, attempt, () => checkPassword(found, password));
    });
    // A code is a guess of its own, and being right about the password forgets no wrong codes. One
    // that would not be counted is not looked at either.
    if (code !== undefined && checked.hasSecondFactor) {
      return throttle.attempt(codeKey(checked.id), origin.ip, (attempt) =>
        run(checked, attempt, () => openSession(needs, checked, { tenantId, code }, origin)),
      );
    }
    const attempt = { isLastFree: false };
    return run(checked, attempt, () => openSession(needs, checked, { tenantId }, origin));
  };
}

function openSession(
  needs: Needs,
  checked: Login,
  { tenantId, code }: Pick<LoginBody, 'tenantId' | 'code'>,
  origin: Origin,
): Promise<TokensReply> {
  return needs.db.asSystem(async (tx) => {
    const person = await lockPerson(tx, checked.id);
    // The password may have been changed, and all sessions ended, since it was checked.
    if (person?.passwordHash !== checked.passwordHash || person.disabledAt) {
      throw authErrors.invalid_credentials();
    }
    const tenant = chooseTenant(await listTenantsOf(tx, person.id), tenantId);
    const actor = { type: 'user' as const, id: person.id };
    const call = { ...origin, tenantId: tenant.id, actor };
    await checkSecondFactor(needs, tx, person, code, call);
    const { sessionId, tokens } = await needs.sessions.open(tx, person, tenant, origin);
    await writeAudit(needs, tx, call, {
      action: 'session.created',
      resourceType: 'session',
      resourceId: sessionId,
    });
    return tokens;
  });
}

/** Being asked for the second factor is half of a log-in, not a refused one. */
function isDenial(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.code !== 'mfa_required';
}

/** The same answer after the same time for nobody, a wrong password and a disabled person. */
async function checkPassword(login: Login | undefined, password: string): Promise<Login> {
  const matches = await verifyPassword(login?.passwordHash, password);
  if (!login || !matches || login.isDisabled) throw authErrors.invalid_credentials();
  return login;
}
