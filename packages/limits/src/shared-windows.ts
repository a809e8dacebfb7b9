import type { Redis, Result } from 'ioredis';
import { type Limit, resetMsOf, type Verdict, verdictOf } from './limit.ts';
import { windowScript } from './window-script.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    countInWindows(numberOfKeys: number, ...args: (string | number)[]): Result<number[], Context>;
  }
}

/** The windows that all processes count together. */
export interface SharedWindows {
  /**
   * Counts `cost` against all of the limits, or against none when one has no room; with a cost of
   * 0 it only looks. What is asked in one turn of the event loop goes in one command.
   * Rejects when Redis is away, and when it has not answered in time: then it may count all the
   * same, later.
   */
  take(limits: readonly Limit[], cost: number): Promise<Verdict>;
}

export interface SharedWindowsOptions {
  keyPrefix: string;
  timeoutMs: number;
  /** Another one in tests, whose clock they set. */
  script?: string;
}

interface Waiting {
  limits: readonly Limit[];
  cost: number;
  resolve: (verdict: Verdict) => void;
  reject: (error: unknown) => void;
}

/** In one command: Redis does nothing else meanwhile. */
const batchMax = 200;

export function createSharedWindows(
  redis: Redis,
  { keyPrefix, timeoutMs, script = windowScript() }: SharedWindowsOptions,
): SharedWindows {
  redis.defineCommand('countInWindows', { lua: script });
  let waiting: Waiting[] = [];

  const send = async (batch: Waiting[]): Promise<void> => {
    try {
      const { keys, args } = commandOf(batch, keyPrefix);
      const asked = redis.countInWindows(keys.length, ...keys, ...args);
      answer(batch, await inTime(asked, timeoutMs));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  const flush = () => {
    const all = waiting;
    waiting = [];
    // Never rejects: each failure goes to those who wait for it.
    for (let from = 0; from < all.length; from += batchMax) {
      void send(all.slice(from, from + batchMax));
    }
  };
  return {
    take: (limits, cost) =>
      new Promise((resolve, reject) => {
        // Behind all that this turn of the loop reads from its sockets.
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({ limits, cost, resolve, reject });
      }),
  };
}

function commandOf(batch: readonly Waiting[], keyPrefix: string) {
  const keys: string[] = [];
  const args: number[] = [];
  for (const { limits, cost } of batch) {
    args.push(cost, limits.length);
    for (const { key, max, windowMs } of limits) {
      keys.push(keyPrefix + key);
      args.push(max, windowMs);
    }
  }
  return { keys, args };
}

function answer(batch: readonly Waiting[], reply: readonly number[]): void {
  const [nowMs = 0] = reply;
  let next = 1;
  for (const { limits, resolve } of batch) {
    const states = limits.map(({ max, windowMs }) => {
      const remaining = reply[next++] ?? 0;
      const retryMs = reply[next++] ?? 0;
      return { remaining, retryMs, resetMs: remaining < max ? resetMsOf(windowMs, nowMs) : 0 };
    });
    resolve(verdictOf(states));
  }
}

/** An answer that has arrived counts, even when this process was too busy to read it in time. */
function inTime<Value>(asked: Promise<Value>, timeoutMs: number): Promise<Value> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`Redis did not answer within ${timeoutMs} ms.`));
    // The sockets are read between a timer and what it sets for at once.
    const timer = setTimeout(() => setImmediate(late), timeoutMs);
    asked.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
