import { retryAfterMsMax } from './retry-after.ts';

/** Seconds to wait after the first try and after each that follows: six tries in all. */
export const defaultRetrySchedule: readonly number[] = [5, 10, 20, 40, 80];

/** Seconds that a plan may add behind the default: 5 m, 30 m, 2 h, 5 h, 10 h, 10 h. */
export const longTailRetrySchedule: readonly number[] = [300, 1800, 7200, 18_000, 36_000, 36_000];

const jitterRatio = 0.2;

export interface BackoffInput {
  /** Tries made so far, the one that has just failed included: 1 after the first. */
  attempts: number;
  /** Seconds between tries. */
  schedule?: readonly number[];
  /** What the receiver asked for, in milliseconds; capped at 24 h. */
  retryAfterMs?: number | null;
  /** A number in [0, 1), like Math.random. */
  random?: () => number;
}

/**
 * Milliseconds until the next try, or null when the schedule is used up. The schedule is spread
 * by ±20 %, so that deliveries which failed together do not return together; a `Retry-After`
 * (RFC 9110, section 10.2.3) moves the try later, never earlier.
 */
export function nextAttemptDelayMs({
  attempts,
  schedule = defaultRetrySchedule,
  retryAfterMs = null,
  random = Math.random,
}: BackoffInput): number | null {
  const seconds = schedule[attempts - 1];
  if (seconds === undefined) return null;
  const jitter = 1 + jitterRatio * (random() * 2 - 1);
  const scheduledMs = Math.round(seconds * 1000 * jitter);
  return Math.max(scheduledMs, Math.min(retryAfterMs ?? 0, retryAfterMsMax));
}
