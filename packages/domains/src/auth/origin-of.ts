import type { FastifyRequest } from 'fastify';
import type { Origin } from './origin.ts';

/** Where a call without a credential comes from. */
export function originOf(request: FastifyRequest): Origin {
  return {
    requestId: request.id,
    ip: request.ip,
    userAgent: request.headers['user-agent'] ?? null,
  };
}
