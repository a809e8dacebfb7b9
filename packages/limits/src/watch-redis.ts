import { setTimeout as wait } from 'node:timers/promises';
import type { Redis } from 'ioredis';

/** Whether Redis is asked, or known to be away. It is away until it has answered once. */
export interface RedisWatch {
  isUp(): boolean;
  /** Waits for the first answer, but not for a Redis that is away. */
  opened(): Promise<void>;
  /** Called when Redis failed; from then on it is asked for a sign of life only, until there is one. */
  lost(cause: unknown): void;
  close(): Promise<void>;
}

/** Between two signs of life that are asked for; the first pause after one that held for long. */
const pauseMsMin = 100;
/** What is lost again and again is asked less and less often. */
const pauseMsMax = 2_000;
/** Up for so long, and it counts as well again. */
const wellMs = 10_000;
/** A connection on which nothing comes back for so long is opened anew. */
const silenceMsMax = 3_000;
/** For the first answer of a process that starts. */
const openMsMax = 1_000;

/**
 * `onChange` is called when it goes down, with the cause, and when it is up again. `prove` asks for
 * the sign of life, and rejects when none comes in time. It is what Redis was lost for, since one
 * may answer and yet refuse to count.
 */
export function watchRedis(
  redis: Redis,
  prove: () => Promise<unknown>,
  onChange: (isUp: boolean, cause?: unknown) => void,
): RedisWatch {
  const closing = new AbortController();
  let isUp = false;
  let upAtMs = 0;
  let pauseMs = pauseMsMin;

  // A connection that is being opened is there in a moment.
  const recover = async (firstPauseMs: number): Promise<void> => {
    let nextPauseMs = firstPauseMs;
    let silentSinceMs = performance.now();
    while (!closing.signal.aborted) {
      await wait(nextPauseMs, undefined, { signal: closing.signal }).catch(() => undefined);
      if (await isHeard(prove)) {
        isUp = true;
        upAtMs = performance.now();
        onChange(true);
        return;
      }
      if (performance.now() - silentSinceMs > silenceMsMax) {
        silentSinceMs = performance.now();
        reopen(redis);
      }
      nextPauseMs = pauseMs;
    }
  };
  // Never rejects.
  let recovery = recover(pauseMsMin / 10);
  return {
    isUp: () => isUp,
    opened: async () => {
      await Promise.race([recovery, wait(openMsMax, undefined, { ref: false })]);
    },
    lost(cause) {
      if (!isUp) return;
      isUp = false;
      const wasWell = performance.now() - upAtMs > wellMs;
      pauseMs = wasWell ? pauseMsMin : Math.min(2 * pauseMs, pauseMsMax);
      onChange(false, cause);
      recovery = recover(pauseMs);
    },
    close: async () => {
      closing.abort();
      redis.disconnect();
      await recovery;
    },
  };
}

function isHeard(prove: () => Promise<unknown>): Promise<boolean> {
  return prove().then(
    () => true,
    () => false,
  );
}

/** Only what is open: what is being connected is tried again by itself. */
function reopen(redis: Redis): void {
  if (redis.status === 'connect' || redis.status === 'ready') redis.disconnect(true);
}
