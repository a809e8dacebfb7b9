import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { CallContext } from '@trellis/core/context';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { Access } from './access.ts';
import type { RouteCost } from './rate-limit.ts';

/** The Fastify instance that a domain mounts its routes on. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route. */
    access?: Access;
    /**
     * The audit entry that the route writes, `<resource>.<past participle>`; false for a route
     * that changes nothing worth one. Every route that is not a GET declares it.
     */
    audit?: string | false;
    /** Whether `Idempotency-Key` is honoured; for every POST that creates. */
    idempotent?: boolean;
    /** What a request costs of the limits; 1 of the general window when it is not said. */
    limits?: RouteCost | false;
    /**
     * Whether the body is a stream of any length: it ends when nothing comes any more, instead of
     * having to arrive whole within a time.
     */
    streamsBody?: boolean;
  }

  interface FastifyRequest {
    /** Who calls, for which tenant; null on public routes. Read it with `callOf`. */
    call: CallContext | null;
    /** Requests per minute that the API key which calls may make; null when it has no own limit. */
    keyRateLimit: number | null;
  }
}
