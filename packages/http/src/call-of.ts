import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import type { FastifyRequest } from 'fastify';
import type {} from './types.ts';

/** The caller of a route that needs a credential. Throws `unauthenticated` (401) without one. */
export function callOf(request: Pick<FastifyRequest, 'call'>): CallContext {
  if (!request.call) throw commonErrors.unauthenticated();
  return request.call;
}
