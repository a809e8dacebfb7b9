import type { Platform } from '../platform.ts';
import type { RateLimits } from '../rate-limits.ts';
import {
  checkDatabase,
  checkDisk,
  checkQueues,
  checkRateLimits,
  checkRedis,
  runCheck,
  watchEventLoop,
} from './checks.ts';
import type { Component, Health } from './schemas.ts';

/** The public may ask as often as it likes; the parts are asked this often at most. */
const keptMs = 500;

export interface HealthService {
  /** With `details` as operators see it, without them states only. */
  report(details: boolean): Promise<Health>;
  /** Whether this process should get requests. */
  ready(): Promise<boolean>;
  /** From now on it should not. */
  stopping(): void;
  close(): void;
}

interface Needs extends Pick<Platform, 'db' | 'jobs' | 'queueBackend' | 'version'> {
  rateLimits: RateLimits;
}

export function createHealthService(platform: Needs): HealthService {
  const eventLoop = watchEventLoop();
  let kept: { until: number; components: Promise<Health['components']> } | undefined;
  let stopping = false;

  const components = (): Promise<Health['components']> => {
    if (kept && kept.until > Date.now()) return kept.components;
    const asked = askAll(platform, eventLoop.check);
    kept = { until: Date.now() + keptMs, components: asked };
    return asked;
  };
  return {
    async report(details) {
      const found = await components();
      return {
        status: overall(found),
        version: platform.version,
        uptimeSeconds: Math.floor(process.uptime()),
        components: details ? found : statesOnly(found),
      };
    },
    ready: async () => !stopping && (await components()).database.status === 'healthy',
    stopping: () => {
      stopping = true;
    },
    close: () => eventLoop.close(),
  };
}

async function askAll(
  platform: Needs,
  eventLoopCheck: Parameters<typeof runCheck>[0],
): Promise<Health['components']> {
  const [database, redis, queues, disk, rateLimits, eventLoop] = await Promise.all([
    runCheck(checkDatabase(platform), 'unhealthy'),
    runCheck(checkRedis(platform), 'degraded'),
    runCheck(checkQueues(platform), 'degraded'),
    runCheck(checkDisk(), 'degraded'),
    runCheck(checkRateLimits(platform.rateLimits), 'degraded'),
    runCheck(eventLoopCheck, 'degraded'),
  ]);
  return { database, redis, queues, disk, rateLimits, eventLoop };
}

function overall(components: Health['components']): Health['status'] {
  const states = Object.values(components).map((component: Component) => component.status);
  if (states.includes('unhealthy')) return 'unhealthy';
  return states.includes('degraded') ? 'degraded' : 'healthy';
}

function statesOnly(components: Health['components']): Health['components'] {
  const states = Object.entries(components).map(([name, { status }]) => [name, { status }]);
  return Object.fromEntries(states) as Health['components'];
}
