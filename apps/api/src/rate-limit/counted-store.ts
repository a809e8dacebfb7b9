import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import type { Counted } from './limit-set.ts';

/**
 * Tells @fastify/rate-limit of what was counted for a request, which is the key it asks with. The
 * counting comes before: the plugin reads the max of a request before it asks its store, and which
 * of several limits binds is known only afterwards.
 */
export function storeOf(
  countedOf: (request: FastifyRequest) => Counted,
): FastifyRateLimitStoreCtor {
  return class CountedStore implements FastifyRateLimitStore {
    incr(...[key, callback]: Parameters<FastifyRateLimitStore['incr']>): void {
      const { verdict, nearest } = countedOf(key as unknown as FastifyRequest);
      const { limit, state } = nearest;
      const current = verdict.isAllowed ? limit.max - state.remaining : limit.max + 1;
      callback(null, { current, ttl: state.resetMs });
    }

    child(): FastifyRateLimitStore {
      return this;
    }
  };
}

/** What `storeOf` gets back. */
export const asKey = (request: FastifyRequest): string => request as unknown as string;
