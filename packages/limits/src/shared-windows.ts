import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Granted } from './leases.ts';
import { cellWidthOf, type Limit, resetMsOf, type Verdict, verdictOf } from './limit.ts';
import { windowScript } from './window-script.ts';

/** The windows that all processes count together. */
export interface SharedWindows {
  /**
   * Counts `cost` against all of the limits, or against none when one has no room; with a cost of
   * 0 it only looks. `lease` is what to count ahead, when there is plenty of room. What is asked in
   * one turn of the event loop goes in one command.
   * Rejects when Redis is away, and when it has not answered in time: then it may count all the
   * same, later.
   */
  take(
    limits: readonly Limit[],
    cost: number,
    observer?: Observer,
    lease?: number,
  ): Promise<Verdict>;
}

/** Sees what becomes of requests, without the promise that each would cost. */
export interface Observer {
  verdict(limits: readonly Limit[], cost: number, verdict: Verdict, granted: Granted): void;
  /** Answers in place of Redis. */
  failure(limits: readonly Limit[], cost: number, error: unknown): Verdict;
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
  lease: number;
  observer: Observer | undefined;
  resolve: (verdict: Verdict) => void;
  reject: (error: unknown) => void;
}

/** What goes in one command. */
interface Batch {
  waiting: Waiting[];
  sentMs: number;
  isDone: boolean;
}

/** In one command: Redis does nothing else meanwhile. */
const batchMax = 200;

export function createSharedWindows(
  redis: Redis,
  { keyPrefix, timeoutMs, script = windowScript() }: SharedWindowsOptions,
): SharedWindows {
  const run = scriptRunner(redis, script);
  const watch = watchDeadlines(timeoutMs);
  let gathering: Waiting[] = [];

  const send = (waiting: Waiting[]): void => {
    const batch: Batch = { waiting, sentMs: performance.now(), isDone: false };
    const { keys, args } = commandOf(waiting, keyPrefix);
    watch(batch);
    run(keys, args).then(
      (reply) => answer(batch, reply),
      (error) => refuse(batch, error),
    );
  };
  const flush = () => {
    const all = gathering;
    gathering = [];
    if (all.length <= batchMax) return send(all);
    for (let from = 0; from < all.length; from += batchMax) send(all.slice(from, from + batchMax));
  };
  return {
    take: (limits, cost, observer, lease = 0) =>
      new Promise((resolve, reject) => {
        // Behind all that this turn of the loop reads from its sockets.
        if (gathering.length === 0) setImmediate(flush);
        gathering.push({ limits, cost, lease, observer, resolve, reject });
      }),
  };
}

type RunScript = (keys: string[], args: number[]) => Promise<number[]>;

/** Sends the text of the script only when Redis does not know it. */
function scriptRunner(redis: Redis, script: string): RunScript {
  const sha = createHash('sha1').update(script).digest('hex');
  return async (keys, args) => {
    try {
      return (await redis.evalsha(sha, keys.length, ...keys, ...args)) as number[];
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
      return (await redis.eval(script, keys.length, ...keys, ...args)) as number[];
    }
  };
}

function commandOf(waiting: readonly Waiting[], keyPrefix: string) {
  const keys: string[] = [];
  const args: number[] = [];
  for (const { limits, cost, lease } of waiting) {
    args.push(cost, lease, limits.length);
    for (const { key, max, windowMs } of limits) {
      // Cells of another length are other cells.
      keys.push(`${keyPrefix}${windowMs}:${key}`);
      args.push(max, windowMs);
    }
  }
  return { keys, args };
}

function answer(batch: Batch, reply: readonly number[]): void {
  if (batch.isDone) return;
  batch.isDone = true;
  const nowMs = reply[0] ?? 0;
  let next = 1;
  for (const { limits, cost, observer, resolve } of batch.waiting) {
    const count = reply[next++] ?? 0;
    const states = limits.map(({ max, windowMs }) => {
      const remaining = reply[next++] ?? 0;
      const retryMs = reply[next++] ?? 0;
      return { remaining, retryMs, resetMs: remaining < max ? resetMsOf(windowMs, nowMs) : 0 };
    });
    const verdict = verdictOf(states);
    observer?.verdict(limits, cost, verdict, { count, untilMs: cellEndMs(batch, limits, nowMs) });
    resolve(verdict);
  }
}

/**
 * When the current cell ends, at the earliest: it was counted after it was sent, and the clock of
 * Redis shows whole milliseconds that have passed.
 */
function cellEndMs({ sentMs }: Batch, [limit]: readonly Limit[], nowMs: number): number {
  if (!limit) return sentMs;
  const width = cellWidthOf(limit.windowMs);
  return sentMs + width - (nowMs % width) - 1;
}

function refuse(batch: Batch, error: unknown): void {
  if (batch.isDone) return;
  batch.isDone = true;
  for (const { limits, cost, observer, resolve, reject } of batch.waiting) {
    if (observer) resolve(observer.failure(limits, cost, error));
    else reject(error);
  }
}

/**
 * Refuses each batch that is not answered in time. One timer for all of them, as each would cost
 * as much as asking does. An answer that has arrived counts, even when this process was too busy to
 * read it in time. When the timer itself comes late the machine is short of CPU, which Redis waits
 * for as well: then all of them get their time once more.
 */
function watchDeadlines(timeoutMs: number): (batch: Batch) => void {
  const sent: Batch[] = [];
  let timer: NodeJS.Timeout | undefined;
  let dueMs = 0;
  let isSecond = false;

  const look = () => {
    timer = undefined;
    const nowMs = performance.now();
    while (sent[0]?.isDone) sent.shift();
    const isStarved = nowMs - dueMs > timeoutMs / 4;
    if (sent[0] && isStarved && !isSecond) {
      isSecond = true;
      arm(timeoutMs);
      return;
    }
    isSecond = false;
    while (sent[0] && (sent[0].isDone || sent[0].sentMs + timeoutMs <= nowMs)) {
      const batch = sent.shift() as Batch;
      refuse(batch, new Error(`Redis did not answer within ${timeoutMs} ms.`));
    }
    if (sent[0]) arm(sent[0].sentMs + timeoutMs - nowMs);
  };
  const arm = (afterMs: number) => {
    dueMs = performance.now() + afterMs;
    // The sockets are read between a timer and what it sets for at once.
    timer = setTimeout(() => setImmediate(look), afterMs);
  };
  return (batch) => {
    sent.push(batch);
    if (!timer) arm(timeoutMs);
  };
}
