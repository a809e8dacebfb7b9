import { retryAfterMsMax } from './retry-after.ts';

const jitterRatio = 0.2;

export interface BackoffInput {
  /** Tries made so far, the one that has just failed included: 1 after the first. */
  tries: number;
  /** Seconds from each try to the next; one more try than it has numbers is made. */
  schedule: readonly number[];
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
  tries,
  schedule,
  retryAfterMs = null,
  random = Math.random,
}: BackoffInput): number | null {
  const seconds = schedule[tries - 1];
  if (seconds === undefined) return null;
  const jitter = 1 + jitterRatio * (random() * 2 - 1);
  const scheduledMs = Math.round(seconds * 1000 * jitter);
  return Math.max(scheduledMs, Math.min(retryAfterMs ?? 0, retryAfterMsMax));
}
