import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS_MAX = 60_000;
const REQUEST_MS_MAX = 2_000;

/**
 * Resolves when `url` answers 200.
 *
 * @param patient only says so when that takes too long, instead of failing: a program that waits
 *   for its mistake to be corrected is no reason to end
 * @throws when `ended` is aborted, or after a minute
 */
export async function untilReady(url: string, ended: AbortSignal, patient: boolean): Promise<void> {
  const deadline = Date.now() + READY_MS_MAX;
  let last = 'no answer';
  let pauseMs = 50;
  while (Date.now() < deadline) {
    ended.throwIfAborted();
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_MS_MAX) });
      await response.body?.cancel();
      if (response.status === 200) return;
      last = `status ${response.status}`;
    } catch {
      last = 'no answer';
    }
    await sleep(pauseMs);
    // The API may log each of these requests.
    pauseMs = Math.min(pauseMs * 1.5, 2_000);
  }
  const problem = `the API is not ready after ${READY_MS_MAX / 1000} s (${url}: ${last})`;
  if (!patient) throw new Error(problem);
  console.error(`Still waiting: ${problem}.`);
}
