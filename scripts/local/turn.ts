import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock, InUseError, type Lock } from '@trellis/local/lock';

const CHECK_MS = 500;

/**
 * Waits until no other test run of this checkout is going on: tap keeps its fixtures, and the
 * class that it generates from its plugins, in one place, and two runs break each other's.
 *
 * @throws when `signal` is aborted
 */
export async function waitForTurn(path: string, signal: AbortSignal): Promise<Lock> {
  let hasSaid = false;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await acquireLock(path, 'The test runner of this checkout');
    } catch (error) {
      if (!(error instanceof InUseError)) throw error;
      if (!hasSaid) console.log(`Waiting for the test run of process ${error.pid} to end.`);
      hasSaid = true;
    }
    await sleep(CHECK_MS);
  }
}
