import rateLimit from '@fastify/rate-limit';
import { commonErrors } from '@trellis/core/common-errors';
import { Counter } from '@trellis/core/metrics';
import { keepLimits } from '@trellis/domains/plans/kept-limits';
import type { RateLimits } from '@trellis/domains/rate-limits';
import type { RouteCost } from '@trellis/http/rate-limit';
import type { App } from '@trellis/http/types';
import type { Verdict } from '@trellis/limits/limit';
import type { Limiter } from '@trellis/limits/limiter';
import type { FastifyReply, FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { asKey, storeOf } from '../rate-limit/counted-store.ts';
import {
  type Counted,
  countedOf,
  type LimitSet,
  retryAfterSeconds,
  seconds,
  stateField,
} from '../rate-limit/limit-set.ts';
import { openLimiter } from '../rate-limit/open-limiter.ts';
import { createRequestLimits, type RequestLimits } from '../rate-limit/request-limits.ts';
import type { PluginOptions } from './platform.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Against which limits it was counted when it was refused; null as long as it was not. */
    counted: Counted | null;
  }
}

/**
 * Holds each request against the limits of its tenant and its caller, or of its address, before
 * anything is done for it. The hook of a route runs behind the one that finds out who calls.
 */
async function rateLimitPlugin(app: App, { settings }: PluginOptions): Promise<void> {
  const limits = createRequestLimits(keepLimits(app.platform), settings);
  if (settings.RATE_LIMIT === 'off') {
    app.decorate('rateLimits', rateLimitsOf(limits));
    app.decorate('limitRefused', async () => undefined);
    return;
  }
  const limiter = openLimiter(app.platform, settings);
  app.addHook('onReady', () => limiter.opened());
  app.addHook('onClose', () => limiter.close());
  app.decorate('rateLimits', rateLimitsOf(limits, limiter));
  app.decorateRequest('counted', null);
  const count = await mountLimits(app, limiter);

  app.addHook('onRoute', (route) => {
    const { access, limits: cost } = route.config ?? {};
    // What names no access is not ours, such as the pages of the docs.
    if (!access || cost === false) return;
    route.onRequest = [...[route.onRequest ?? []].flat(), limitBy(limits, count, cost)];
  });
  app.decorate('limitRefused', async (request: FastifyRequest, reply: FastifyReply) => {
    const isKnown = request.call !== null;
    if (isKnown && request.routeOptions.config.limits === false) return;
    const set = isKnown ? await limits.of(request) : limits.ofRefused(request);
    await new Promise<void>((resolve, reject) => {
      count(request, reply, set, 1, (error) => (error ? reject(error) : resolve()));
    });
  });
  // Those who look for what is there are counted by their address, whatever credential they send.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.is404) count(request, reply, limits.ofRefused(request), 1, done);
    else done();
  });
}

type Done = (error?: Error) => void;
/** Calls `done` with `rate_limited` (429) when there is no room. */
type Count = (
  request: FastifyRequest,
  reply: FastifyReply,
  set: LimitSet,
  cost: number,
  done: Done,
) => void;

/** Runs on every request, so it makes no promise where the limits of the tenant are known. */
function limitBy(limits: RequestLimits, count: Count, { cost = 1, window }: RouteCost = {}) {
  return (request: FastifyRequest, reply: FastifyReply, done: Done): void => {
    const set = limits.now(request, window);
    if (set) count(request, reply, set, cost, done);
    else limits.of(request, window).then((read) => count(request, reply, read, cost, done), done);
  };
}

/** The plugin of Fastify refuses, by what is counted here; what is allowed need not ask it. */
async function mountLimits(app: App, limiter: Limiter): Promise<Count> {
  const refusals = new Counter({
    name: 'trellis_rate_limit_refusals_total',
    help: 'Requests that were refused, by the limit that had no room.',
    labelNames: ['limit'],
    registers: [app.platform.metrics],
  });
  await app.register(rateLimit, {
    global: false,
    keyGenerator: asKey,
    max: (request) => countOf(request).nearest.limit.max,
    store: storeOf(countOf),
    addHeaders: { 'retry-after': false },
    onExceeded: (request) => refusals.inc({ limit: countOf(request).nearest.limit.name }),
    errorResponseBuilder: (request) => refusalOf(countOf(request)),
  });
  const refuse = app.rateLimit();
  return (request, reply, set, cost, done) => {
    const settle = (verdict: Verdict): void => {
      const counted = countedOf(set, verdict);
      reply.header('ratelimit-policy', set.policy).header('ratelimit', stateField(set, verdict));
      if (verdict.isAllowed) {
        tellNearest(reply, counted);
        done();
      } else {
        request.counted = counted;
        refuse.call(app, request, reply).then(() => done(), done);
      }
    };
    const known = limiter.takeNow(set.limits, cost);
    if (known) settle(known);
    else limiter.take(set.limits, cost).then(settle, done);
  };
}

/** As the plugin does for what it refuses. */
function tellNearest(reply: FastifyReply, { nearest: { limit, state } }: Counted): void {
  reply
    .header('x-ratelimit-limit', limit.max)
    .header('x-ratelimit-remaining', state.remaining)
    .header('x-ratelimit-reset', seconds(state.resetMs));
}

function countOf({ counted }: FastifyRequest): Counted {
  if (!counted) throw new Error('the request was not refused');
  return counted;
}

function refusalOf(counted: Counted): Error {
  const { name, max, windowMs } = counted.nearest.limit;
  return commonErrors.rate_limited(
    `The limit "${name}" allows ${max} in ${windowMs / 1_000} seconds.`,
    { retryAfterSeconds: retryAfterSeconds(counted) },
  );
}

/** Without a limiter nothing is ever used. */
function rateLimitsOf(limits: RequestLimits, limiter?: Limiter): RateLimits {
  return {
    isShared: limiter?.isShared ?? false,
    countedIn: () => limiter?.countedIn() ?? 'off',
    async lookAtTenant(tenantId) {
      const limit = await limits.ofTenant(tenantId);
      if (!limit) throw new Error(`tenant ${tenantId} has no plan`);
      const [state] = (await limiter?.look([limit]))?.states ?? [];
      const { max, windowMs } = limit;
      const remaining = state?.remaining ?? max;
      return { limit: max, windowSeconds: windowMs / 1_000, used: max - remaining, remaining };
    },
  };
}

export default plugin(rateLimitPlugin, {
  name: 'rate-limit',
  // What is refused must leave with the headers of the last two as well.
  dependencies: ['platform', 'security-headers', 'cors'],
});
