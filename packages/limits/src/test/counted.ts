import { randomBytes } from 'node:crypto';
import { failFastRedis } from '@trellis/redis/fail-fast-redis';
import type { Redis } from 'ioredis';
import type { Test } from 'tap';
import type { Limit, Verdict } from '../limit.ts';
import { createProcessWindows } from '../process-windows.ts';
import { createSharedWindows } from '../shared-windows.ts';
import { windowScript } from '../window-script.ts';

/** Windows whose clock the test sets. */
export interface Counted {
  /** A time in ms. */
  take(nowMs: number, limits: readonly Limit[], cost?: number): Promise<Verdict>;
}

export function openProcessWindows(): Counted {
  const windows = createProcessWindows();
  return { take: async (nowMs, limits, cost = 1) => windows.take(limits, cost, nowMs) };
}

/** Those of a Redis; `redis` is for a look at what is kept there, below `prefix`. */
export async function openSharedWindows(
  t: Test,
): Promise<Counted & { redis: Redis; prefix: string }> {
  const redis = failFastRedis(process.env.TEST_REDIS_URL ?? '', { enableOfflineQueue: true });
  t.teardown(() => redis.disconnect());
  const prefix = `test-${randomBytes(6).toString('hex')}:`;
  const clock = `${prefix}now`;
  const windows = createSharedWindows(redis, {
    keyPrefix: prefix,
    timeoutMs: 10_000,
    script: windowScript(`local now = tonumber(redis.call('GET', '${clock}'))`),
  });
  return {
    redis,
    prefix,
    take: async (nowMs, limits, cost = 1) => {
      await redis.set(clock, nowMs, 'EX', 600);
      return windows.take(limits, cost);
    },
  };
}
