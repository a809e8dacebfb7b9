import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the answer is yes; false when it still is not after `ms`. */
export async function within(ms: number, isTrue: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (performance.now() < deadline) {
    if (await isTrue()) return true;
    await sleep(10);
  }
  return false;
}
