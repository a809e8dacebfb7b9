import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import type { Counted } from './limit-set.ts';

/**
 * Tells @fastify/rate-limit of a request that was refused, which is the key it asks with. The
 * counting comes before: the plugin reads the max of a request before it asks its store, and which
 * of several limits binds is known only afterwards.
 */
export function storeOf(
  countedOf: (request: FastifyRequest) => Counted,
): FastifyRateLimitStoreCtor {
  return class CountedStore implements FastifyRateLimitStore {
    incr(...[key, callback]: Parameters<FastifyRateLimitStore['incr']>): void {
      const { limit, state } = countedOf(key as unknown as FastifyRequest).nearest;
      callback(null, { current: limit.max + 1, ttl: state.resetMs });
    }

    child(): FastifyRateLimitStore {
      return this;
    }
  };
}

/** What `storeOf` gets back. */
export const asKey = (request: FastifyRequest): string => request as unknown as string;
