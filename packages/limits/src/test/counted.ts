import { randomBytes } from 'node:crypto';
import { failFastRedis } from '@trellis/redis/fail-fast-redis';
import type { Redis } from 'ioredis';
import type { Test } from 'tap';
import type { Limit, Verdict } from '../limit.ts';
import { createProcessWindows } from '../process-windows.ts';
import { createSharedWindows, type Observer } from '../shared-windows.ts';
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

export interface SharedCounted extends Counted {
  redis: Redis;
  prefix: string;
  /** Answers how much was leased, too. */
  lease(
    nowMs: number,
    limits: readonly Limit[],
    cost: number,
    lease: number,
  ): Promise<{ verdict: Verdict; count: number }>;
}

/** Those of a Redis; `redis` is for a look at what is kept there, below `prefix`. */
export async function openSharedWindows(t: Test): Promise<SharedCounted> {
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
    lease: async (nowMs, limits, cost, lease) => {
      await redis.set(clock, nowMs, 'EX', 600);
      let count = 0;
      const observer: Observer = {
        verdict: (_limits, _cost, _verdict, granted) => {
          count = granted.count;
        },
        failure: (_limits, _cost, error) => {
          throw error;
        },
      };
      const verdict = await windows.take(limits, cost, observer, lease);
      return { verdict, count };
    },
  };
}
