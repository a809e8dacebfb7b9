/** 24 hours: a receiver may not push its deliveries further away than this. */
export const retryAfterMsMax = 24 * 60 * 60 * 1000;

// Date.parse alone accepts far more than HTTP dates ("5 apples" is a date to it), so the day's
// name must come first, as in all three forms of the RFC.
const startsWithDay = /^(mon|tue|wed|thu|fri|sat|sun)[a-z]*,? /i;

/**
 * Reads a `Retry-After` header as milliseconds from `nowMs`: whole seconds or an HTTP date
 * (RFC 9110, section 10.2.3), capped at 24 h. Null when it is neither; 0 for a date in the past.
 */
export function parseRetryAfter(value: string, nowMs: number): number | null {
  const text = value.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, retryAfterMsMax);
  const date = startsWithDay.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.min(Math.max(date - nowMs, 0), retryAfterMsMax);
}
