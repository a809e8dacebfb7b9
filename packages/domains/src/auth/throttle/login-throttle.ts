import { ProblemError } from '@trellis/core/errors';
import type { Platform } from '../../platform.ts';
import { authErrors } from '../errors.ts';
import { createLanes } from './lanes.ts';
import { type Counted, clearCount, countTry, takeBack } from './repository.ts';
import { addressKey, requestKey, type ThrottleKey } from './throttle-keys.ts';

export interface LoginThrottleSettings {
  /** Failures under one key before the next try has to wait; for an address ten times as many. */
  loginFailuresFree: number;
  loginDelaySecondsMax: number;
}

/** One guess that was let through. */
export interface LoginAttempt {
  /** Whether it is the one after which the next has to wait, unless it is right. */
  isLastFree: boolean;
}

/** Slows down who guesses passwords or codes, over all processes. */
export interface LoginThrottle {
  /**
   * Runs `check` unless the key or the address has to wait: then it throws `too_many_attempts`
   * (429) and nothing is checked, not even what is right. The failure is counted before, so
   * parallel guesses do not slip through. It is forgotten when `check` resolves, with all others
   * of the key, and taken back when it throws anything but that the guess was wrong. So `check`
   * has to be about one secret, and must not attempt another.
   */
  attempt<Result>(
    key: ThrottleKey,
    ip: string | null,
    check: (attempt: LoginAttempt) => Promise<Result>,
  ): Promise<Result>;
  /**
   * Counts a request that anybody may make without a credential. Throws `too_many_attempts` (429)
   * when the address that it comes from has made too many.
   */
  countRequest(ip: string | null): Promise<void>;
}

type Needs = Pick<Platform, 'db' | 'log'>;

/** An address may be that of a whole office. */
const addressFactor = 10;

/** All other errors say nothing about the guess, or that it was right. */
const wrongGuesses = new Set(
  [
    authErrors.invalid_credentials,
    authErrors.mfa_code_invalid,
    authErrors.password_wrong,
    authErrors.mfa_code_wrong,
  ].map((make) => make().code),
);

export function createLoginThrottle(needs: Needs, settings: LoginThrottleSettings): LoginThrottle {
  const { loginFailuresFree: free, loginDelaySecondsMax } = settings;
  const secretOf = (key: ThrottleKey): Counted => ({
    key,
    free,
    forgiveSeconds: loginDelaySecondsMax,
  });
  const addressOf = (key: ThrottleKey): Counted => ({
    key,
    free: free * addressFactor,
    forgiveSeconds: loginDelaySecondsMax / addressFactor,
  });
  // Tries under way count as failed. Few enough run at a time that those of two processes, all of
  // them right, do not make each other wait.
  const inSecretLane = createLanes(Math.max(1, Math.floor((free - 1) / 2)));
  const inAddressLane = createLanes(Math.max(1, Math.floor((free * addressFactor - 1) / 2)));

  return {
    attempt(key, ip, check) {
      const secret = secretOf(key);
      const address = ip === null ? undefined : addressOf(addressKey(ip));
      const run = () => attemptOnce(needs, secret, address, loginDelaySecondsMax, check);
      return inSecretLane(key, () => (address ? inAddressLane(address.key, run) : run()));
    },
    async countRequest(ip) {
      if (ip !== null) await count(needs, [addressOf(requestKey(ip))], loginDelaySecondsMax);
    },
  };
}

/** The failures by key, with this one counted. Throws `too_many_attempts` (429). */
async function count(
  { db }: Pick<Needs, 'db'>,
  subjects: Counted[],
  delaySecondsMax: number,
): Promise<Map<string, number>> {
  const counting = await countTry(db, subjects, delaySecondsMax);
  if ('failures' in counting) return counting.failures;
  const retryAfterSeconds = Math.ceil(counting.blockedSeconds);
  throw authErrors.too_many_attempts(undefined, { retryAfterSeconds });
}

async function attemptOnce<Result>(
  { db, log }: Needs,
  secret: Counted,
  address: Counted | undefined,
  delaySecondsMax: number,
  check: (attempt: LoginAttempt) => Promise<Result>,
): Promise<Result> {
  const subjects = address ? [secret, address] : [secret];
  const failures = await count({ db }, subjects, delaySecondsMax);
  const release = (one: Counted) => takeBack(db, one, failures.get(one.key));
  // What cannot be taken back stays counted: no reason to refuse somebody who was right.
  const settle = (work: Promise<void>[]) =>
    Promise.all(work).catch((err) => log.warn({ err }, 'A failure of logging in stays counted.'));
  try {
    const result = await check({ isLastFree: failures.get(secret.key) === secret.free });
    await settle([clearCount(db, secret.key), ...(address ? [release(address)] : [])]);
    return result;
  } catch (error) {
    if (!isWrongGuess(error)) await settle(subjects.map(release));
    throw error;
  }
}

/** Whether somebody failed who was guessing, rather than the platform or their tenant. */
export function isWrongGuess(error: unknown): boolean {
  return error instanceof ProblemError && wrongGuesses.has(error.code);
}
