import type { ApiSettings } from '@trellis/config/settings';
import { Counter, Gauge } from '@trellis/core/metrics';
import type { Platform } from '@trellis/domains/platform';
import { createLimiter, type Limiter } from '@trellis/limits/limiter';

type Settings = Pick<ApiSettings, 'REDIS_URL' | 'REDIS_PREFIX' | 'RATE_LIMIT_TIMEOUT_MS'>;

/** A limiter that says in the log and in the metrics where it counts. */
export function openLimiter(
  { log, metrics }: Pick<Platform, 'log' | 'metrics'>,
  settings: Settings,
): Limiter {
  const fallbacks = new Counter({
    name: 'trellis_rate_limit_fallbacks_total',
    help: 'How often Redis was lost, so that this process went on counting by itself.',
    registers: [metrics],
  });
  let isAway = false;
  const lost = (err?: unknown) => {
    isAway = true;
    fallbacks.inc();
    log.warn({ err }, 'Redis is away: this process limits requests by itself.');
  };
  const limiter = createLimiter({
    redisUrl: settings.REDIS_URL,
    redisPrefix: settings.REDIS_PREFIX,
    timeoutMs: settings.RATE_LIMIT_TIMEOUT_MS,
    onChange(countedIn, cause) {
      if (countedIn === 'process') lost(cause);
      else if (isAway) log.info({}, 'Redis is back: all processes limit requests together.');
    },
  });
  new Gauge({
    name: 'trellis_rate_limit_shared',
    help: 'Whether requests are counted in Redis, with all processes: 1 or 0.',
    registers: [metrics],
    collect() {
      this.set(limiter.countedIn() === 'redis' ? 1 : 0);
    },
  });
  return {
    ...limiter,
    async opened() {
      await limiter.opened();
      if (limiter.isShared && limiter.countedIn() === 'process') lost();
    },
  };
}
