const longestMs = 3_600_000;

/** Exponential from `baseMs`, at most an hour, ±20 % so that failures do not come back together. */
export function jobBackoffMs(attemptsMade: number, baseMs: number, random = Math.random): number {
  const plain = Math.min(baseMs * 2 ** (attemptsMade - 1), longestMs);
  return Math.round(plain * (0.8 + 0.4 * random()));
}
