import { setTimeout as wait } from 'node:timers/promises';

/**
 * Reads one at a time, with a pause in between. Each call is answered by a reading that begins
 * after it, so it sees what was there at the time of the call; calls that wait share one.
 */
export function readInTurn(pauseMs: number, read: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  let begunMs = Number.NEGATIVE_INFINITY;

  const readAfter = async (earlier: Promise<void>): Promise<void> => {
    // Its failure goes to those who wait for it.
    await earlier.catch(() => {});
    const leftMs = begunMs + pauseMs - performance.now();
    if (leftMs > 0) await wait(leftMs);
    next = undefined;
    begunMs = performance.now();
    current = read();
    await current;
  };
  return () => {
    next ??= readAfter(current);
    return next;
  };
}
