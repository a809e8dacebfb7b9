import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { queueNames } from '@trellis/core/queue-names';
import type { Platform } from '../platform.ts';
import type { RateLimits } from '../rate-limits.ts';
import type { Component } from './schemas.ts';

const timeoutMs = 1_000;
/** Above this the process answers late enough to be noticed. */
const lateMs = 200;
const lowDiskRatio = 0.05;

/** What one part says of itself; throws or takes too long when it cannot. */
type Check = () => Promise<Omit<Component, 'latencyMs'>>;

/** Runs a check within its time; a failure is the part's state, never an error. */
export async function runCheck(check: Check, broken: Component['status']): Promise<Component> {
  const startedMs = performance.now();
  const latency = () => Math.round((performance.now() - startedMs) * 100) / 100;
  const giveUp = new AbortController();
  const late = wait(timeoutMs, undefined, { signal: giveUp.signal }).then(() => {
    throw new Error(`no answer within ${timeoutMs} ms`);
  });
  try {
    const component = await Promise.race([check(), late]);
    return { ...component, latencyMs: latency() };
  } catch (error) {
    return { status: broken, latencyMs: latency(), detail: (error as Error).message };
  } finally {
    giveUp.abort();
    late.catch(() => {});
  }
}

export function checkDatabase({ db }: Pick<Platform, 'db'>): Check {
  return async () => {
    await db.ping();
    return { status: 'healthy' };
  };
}

export function checkRedis({ queueBackend }: Pick<Platform, 'queueBackend'>): Check {
  return async () => {
    if (queueBackend.kind !== 'redis') return { status: 'not_configured' };
    await queueBackend.ping();
    return { status: 'healthy' };
  };
}

/** Where requests are counted: without its Redis each process does so by itself. */
export function checkRateLimits(rateLimits: Pick<RateLimits, 'countedIn' | 'isShared'>): Check {
  return async () => {
    const detail = { countedIn: rateLimits.countedIn() };
    if (!rateLimits.isShared) return { status: 'not_configured', detail };
    return { status: detail.countedIn === 'redis' ? 'healthy' : 'degraded', detail };
  };
}

/** How many jobs wait, run and have failed, by queue. */
export function checkQueues({
  jobs,
  queueBackend,
}: Pick<Platform, 'jobs' | 'queueBackend'>): Check {
  return async () => {
    const counts = await Promise.all(
      queueNames.map(async (name) => [
        name,
        await jobs.queue(name).getJobCounts('waiting', 'active', 'delayed', 'failed'),
      ]),
    );
    const detail = { backend: queueBackend.kind, ...Object.fromEntries(counts) };
    return { status: 'healthy', detail };
  };
}

export function checkDisk(): Check {
  return async () => {
    const { bavail, blocks, bsize } = await statfs(tmpdir());
    const low = bavail / blocks < lowDiskRatio;
    return {
      status: low ? 'degraded' : 'healthy',
      detail: { freeBytes: bavail * bsize, totalBytes: blocks * bsize },
    };
  };
}

/** Watches how late timers fire; `close` ends it. */
export function watchEventLoop(): { check: Check; close(): void } {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  return {
    check: async () => {
      const p99Ms = Math.round(delay.percentile(99) / 1e4) / 100;
      delay.reset();
      return { status: p99Ms > lateMs ? 'degraded' : 'healthy', detail: { p99Ms } };
    },
    close: () => delay.disable(),
  };
}
