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

/** Between two signs of life that are asked for. */
const probeEveryMs = 100;
/** A connection on which nothing comes back for so long is opened anew. */
const silenceMsMax = 3_000;
/** For the first answer of a process that starts. */
const openMsMax = 1_000;

/** `onChange` is called when it goes down, with the cause, and when it is up again. */
export function watchRedis(
  redis: Redis,
  onChange: (isUp: boolean, cause?: unknown) => void,
): RedisWatch {
  const closing = new AbortController();
  let isUp = false;

  const recover = async (): Promise<void> => {
    // A connection that is being opened is there in a moment.
    let pauseMs = probeEveryMs / 10;
    while (!closing.signal.aborted) {
      if (await answers(redis, closing.signal)) {
        isUp = true;
        onChange(true);
        return;
      }
      await wait(pauseMs, undefined, { signal: closing.signal }).catch(() => undefined);
      pauseMs = probeEveryMs;
    }
  };
  // Never rejects.
  let recovery = recover();
  return {
    isUp: () => isUp,
    opened: async () => {
      await Promise.race([recovery, wait(openMsMax, undefined, { ref: false })]);
    },
    lost(cause) {
      if (!isUp) return;
      isUp = false;
      onChange(false, cause);
      recovery = recover();
    },
    close: async () => {
      closing.abort();
      redis.disconnect();
      await recovery;
    },
  };
}

/** A frozen Redis answers when it goes on, a connection that is broken never does. */
async function answers(redis: Redis, signal: AbortSignal): Promise<boolean> {
  const done = new AbortController();
  const silence = wait(silenceMsMax, 'silent', { signal: AbortSignal.any([signal, done.signal]) });
  try {
    const heard = await Promise.race([redis.ping(), silence]);
    if (heard === 'silent') redis.disconnect(true);
    return heard !== 'silent';
  } catch {
    return false;
  } finally {
    done.abort();
    silence.catch(() => undefined);
  }
}
