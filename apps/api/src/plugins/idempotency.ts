import { setTimeout as wait } from 'node:timers/promises';
import { commonErrors } from '@trellis/core/common-errors';
import { callOf } from '@trellis/http/call-of';
import type { App } from '@trellis/http/types';
import type { FastifyReply, FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import {
  createIdempotencyStore,
  type IdempotencyStore,
  type KeptReply,
} from '../idempotency-store.ts';

const waitMs = 50;
const waitMsMax = 10_000;
const keptHeaders = ['content-type', 'location', 'etag'];

declare module 'fastify' {
  interface FastifyRequest {
    /** The key that this request is the first to use. */
    idempotencyKey: string | null;
  }
}

/**
 * Honours `Idempotency-Key` on routes that create: a repeated request gets the answer of the first
 * and changes nothing (draft-ietf-httpapi-idempotency-key-header). Answers are kept for a day.
 */
async function idempotencyPlugin(app: App): Promise<void> {
  const store = createIdempotencyStore(app.platform.db, app.platform.secrets);
  app.decorateRequest('idempotencyKey', null);

  const before = async (request: FastifyRequest, reply: FastifyReply) => {
    const key = keyOf(request);
    if (key === undefined) return;
    const kept = await claim(store, request, key);
    if (kept) return replay(reply, kept);
    request.idempotencyKey = key;
    hold(store, request, reply, key);
  };
  const after = async (request: FastifyRequest, reply: FastifyReply, payload: unknown) => {
    const key = request.idempotencyKey;
    if (key === null) return payload;
    const { tenantId } = callOf(request);
    try {
      if (reply.statusCode < 300) await store.keep(tenantId, key, keptReply(reply, payload));
      else await store.forget(tenantId, key);
    } catch (err) {
      request.log.error({ err }, 'The answer of an idempotency key could not be kept.');
    }
    return payload;
  };
  // On these routes alone: an async hook costs each request of the others a turn of the queue.
  app.addHook('onRoute', (route) => {
    if (!route.config?.idempotent) return;
    route.preHandler = [before, ...[route.preHandler ?? []].flat()];
    route.onSend = [after, ...[route.onSend ?? []].flat()];
  });
}

/** Throws `validation_failed` (400) for a key that is too long or not plain text. */
function keyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw commonErrors.validation_failed('Idempotency-Key has 1 to 255 visible ASCII characters.', {
    errors: [{ path: 'headers/idempotency-key', message: 'has 1 to 255 visible characters' }],
  });
}

/** Undefined when the key is ours to use. Waits for a first request that is still running. */
async function claim(
  store: IdempotencyStore,
  request: FastifyRequest,
  key: string,
): Promise<KeptReply | undefined> {
  const { tenantId } = callOf(request);
  const text = textOf(request);
  for (let waited = 0; waited <= waitMsMax; waited += waitMs) {
    const found = await store.claim(tenantId, key, text);
    if (found.state === 'ours') return undefined;
    if (found.state === 'answered') return found.reply;
    if (found.state === 'reused') throw commonErrors.idempotency_key_reused();
    await wait(waitMs);
  }
  throw commonErrors.idempotency_in_progress(undefined, { retryAfterSeconds: 1 });
}

/** For as long as the request has its connection: an upload may take longer than the lock. */
function hold(
  store: IdempotencyStore,
  request: FastifyRequest,
  reply: FastifyReply,
  key: string,
): void {
  if (reply.raw.destroyed) return;
  const release = store.hold(callOf(request).tenantId, key, (err) =>
    request.log.warn({ err }, 'The lock of an idempotency key could not be renewed.'),
  );
  reply.raw.once('close', release);
}

/** The caller is part of it: the answer may hold what only that caller may see. */
function textOf(request: FastifyRequest): string {
  const { actor } = callOf(request);
  const parts = [request.method, request.url, actor.type, actor.id, JSON.stringify(request.body)];
  return parts.join('\n');
}

function keptReply(reply: FastifyReply, payload: unknown): KeptReply {
  const headers = keptHeaders
    .map((name) => [name, reply.getHeader(name)])
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    statusCode: reply.statusCode,
    headers: Object.fromEntries(headers),
    body: typeof payload === 'string' ? payload : '',
  };
}

function replay(reply: FastifyReply, kept: KeptReply): FastifyReply {
  return reply
    .code(kept.statusCode)
    .headers(kept.headers)
    .header('idempotency-replayed', 'true')
    .serializer((text: unknown) => String(text))
    .send(kept.body);
}

export default plugin(idempotencyPlugin, {
  name: 'idempotency',
  dependencies: ['authentication'],
});
