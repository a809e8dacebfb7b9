import type { AddressInfo } from 'node:net';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { answerBench } from '../harness/answer.ts';

/** A route behind a limiter in Redis as one would mount it from npm, or behind none. */
export interface LimitedApiSetup {
  limiter: 'none' | 'fastify' | 'flexible';
  redisUrl: string;
}

export interface LimitedApi {
  url: string;
}

const max = 1_000_000_000;
const windowSeconds = 60;
const tenantOf = (headers: Record<string, unknown>) => String(headers['x-tenant']);

const mount = {
  none: async () => {},
  fastify: async (app: FastifyInstance, redis: Redis) => {
    await app.register(rateLimit, {
      redis,
      max,
      timeWindow: windowSeconds * 1_000,
      keyGenerator: ({ headers }) => tenantOf(headers),
    });
  },
  flexible: async (app: FastifyInstance, redis: Redis) => {
    const limiter = new RateLimiterRedis({
      storeClient: redis,
      points: max,
      duration: windowSeconds,
    });
    app.addHook('onRequest', async ({ headers }, reply) => {
      const { remainingPoints, msBeforeNext } = await limiter.consume(tenantOf(headers));
      reply
        .header('x-ratelimit-limit', max)
        .header('x-ratelimit-remaining', remainingPoints)
        .header('x-ratelimit-reset', Math.ceil(msBeforeNext / 1_000));
    });
  },
};

answerBench<LimitedApiSetup>(async ({ limiter, redisUrl }): Promise<LimitedApi> => {
  const app = Fastify({ logger: false });
  await mount[limiter](app, new Redis(redisUrl));
  app.get('/', async () => ({ ok: true }));
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/` };
});
