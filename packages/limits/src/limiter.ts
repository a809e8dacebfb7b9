import { failFastRedis } from '@trellis/redis/fail-fast-redis';
import { createLeases } from './leases.ts';
import type { Limit, Verdict } from './limit.ts';
import { createProcessWindows } from './process-windows.ts';
import { createRefusals } from './refusals.ts';
import { createSharedWindows, type Observer } from './shared-windows.ts';
import { watchRedis } from './watch-redis.ts';

/** Where requests are counted: in Redis with all other processes, or in this one alone. */
export type CountedIn = 'redis' | 'process';

/** Strict limits: never more than `max` of a limit in any interval of its window. */
export interface Limiter {
  /**
   * Counts `cost` against all of the limits, or against none when one has no room. Asks Redis at
   * most once, and not at all for what it has refused until that may fit. Never rejects: while
   * Redis is away this process counts by itself, at the same limits.
   */
  take(limits: readonly Limit[], cost?: number): Promise<Verdict>;
  /** What `take` would answer without Redis, and without a promise; undefined when it would ask. */
  takeNow(limits: readonly Limit[], cost?: number): Verdict | undefined;
  /** How much is left, without counting. */
  look(limits: readonly Limit[]): Promise<Verdict>;
  countedIn(): CountedIn;
  /** Whether there is a Redis to count in. */
  readonly isShared: boolean;
  /** Waits for the connection to Redis, for a second at most. */
  opened(): Promise<void>;
  close(): Promise<void>;
}

export interface LimiterOptions {
  /** Without it this process counts by itself. */
  redisUrl?: string | undefined;
  redisPrefix: string;
  /** How long Redis may take before this process counts by itself. */
  timeoutMs: number;
  /** Called when Redis is lost, with the cause, and when it is there, also for the first time. */
  onChange: (countedIn: CountedIn, cause?: unknown) => void;
}

/** What a Redis has to count, to be taken for one that counts. */
const proof: Limit = { name: 'proof', key: 'proof', max: 1_000_000, windowMs: 60_000 };

export function createLimiter(options: LimiterOptions): Limiter {
  const { redisUrl } = options;
  return redisUrl === undefined ? createProcessLimiter() : createSharedLimiter(options, redisUrl);
}

function createProcessLimiter(): Limiter {
  const windows = createProcessWindows();
  const takeNow = (limits: readonly Limit[], cost = 1) =>
    windows.take(limits, cost, performance.now());
  return {
    takeNow,
    take: async (limits, cost) => takeNow(limits, cost),
    look: async (limits) => windows.peek(limits, 0, performance.now()),
    countedIn: () => 'process',
    isShared: false,
    opened: async () => undefined,
    close: async () => undefined,
  };
}

function createSharedLimiter(options: LimiterOptions, redisUrl: string): Limiter {
  const { redisPrefix, timeoutMs, onChange } = options;
  const redis = failFastRedis(redisUrl);
  // Each failure is that of a command, too.
  redis.on('error', () => undefined);
  const shared = createSharedWindows(redis, { keyPrefix: `${redisPrefix}:limit:`, timeoutMs });
  const local = createProcessWindows();
  const refusals = createRefusals();
  const leases = createLeases();
  const watch = watchRedis(
    redis,
    () => shared.take([proof], 1),
    (isUp, cause) => onChange(isUp ? 'redis' : 'process', cause),
  );

  const observer: Observer = {
    verdict(limits, cost, verdict, granted) {
      const nowMs = performance.now();
      leases.answered(limits, verdict, granted, nowMs);
      // Counted here too, for the time when Redis is away.
      if (verdict.isAllowed) local.note(limits, cost + granted.count, nowMs);
      else refusals.note(limits, cost, verdict, nowMs);
    },
    failure(limits, cost, error) {
      leases.failed(limits);
      watch.lost(error);
      return local.take(limits, cost, performance.now());
    },
  };
  const takeNow = (limits: readonly Limit[], cost = 1): Verdict | undefined => {
    const nowMs = performance.now();
    if (!watch.isUp()) return local.take(limits, cost, nowMs);
    const known = leases.take(limits, cost, nowMs) ?? refusals.find(limits, cost, nowMs);
    if (known) return known;
    // What this process allowed is part of what all did, whatever Redis has forgotten of it.
    const own = local.peek(limits, cost, nowMs);
    return own.isAllowed ? undefined : own;
  };
  const ask = (limits: readonly Limit[], cost = 1) =>
    shared.take(limits, cost, observer, leases.wanted(limits, cost, performance.now()));
  return {
    takeNow,
    take(limits, cost) {
      const known = takeNow(limits, cost);
      return known ? Promise.resolve(known) : ask(limits, cost);
    },
    async look(limits) {
      const here = () => local.peek(limits, 0, performance.now());
      return watch.isUp() ? shared.take(limits, 0).catch(here) : here();
    },
    countedIn: () => (watch.isUp() ? 'redis' : 'process'),
    isShared: true,
    opened: () => watch.opened(),
    close: () => watch.close(),
  };
}
