import { setTimeout as wait } from 'node:timers/promises';

export interface EventuallyOptions {
  /** The bound; passing it is a failure. Default 10 s. */
  timeoutMs?: number;
  intervalMs?: number;
}

/**
 * Asks again until `check` answers something other than undefined, null or false, and answers
 * that. Throws when the time is over, with what `check` threw last.
 */
export async function eventually<Result>(
  check: () => Result | Promise<Result>,
  { timeoutMs = 10_000, intervalMs = 25 }: EventuallyOptions = {},
): Promise<NonNullable<Exclude<Result, false>>> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown = new Error('it never became true');
  for (;;) {
    try {
      const result = await check();
      if (result !== undefined && result !== null && result !== false) {
        return result as NonNullable<Exclude<Result, false>>;
      }
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`not within ${timeoutMs} ms: ${(last as Error).message}`, { cause: last });
    }
    await wait(intervalMs);
  }
}
