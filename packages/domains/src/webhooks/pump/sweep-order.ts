import type { Platform } from '../../platform.ts';
import { freeStrandedHeads, type OrderingPosition } from './ordering.ts';

/** One sweep gives the claims their turn after this, and the next one goes on. */
const turnMs = 200;

/**
 * Has what waits for nothing any more sent, now and then: it looks when `everyMs` have passed since
 * it began to look last.
 */
export function createOrderSweep(
  { db, log }: Pick<Platform, 'db' | 'log'>,
  everyMs: number,
): () => Promise<void> {
  let after: OrderingPosition | null = null;
  let begunMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const nowMs = performance.now();
    if (after === null && nowMs - begunMs < everyMs) return;
    if (after === null) begunMs = nowMs;
    try {
      do after = (await freeStrandedHeads(db, after)).last;
      while (after !== null && performance.now() - nowMs < turnMs);
    } catch (err) {
      log.debug({ err }, 'What waits for nothing could not be looked for.');
    }
  };
}
