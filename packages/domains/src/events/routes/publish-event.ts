import { commonErrors } from '@trellis/core/common-errors';
import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import type { FastifyRequest } from 'fastify';
import type { Platform } from '../../platform.ts';
import type { CheckData } from '../catalogue/check-data.ts';
import { rawMember } from '../raw-member.ts';
import { IdempotencyHeader, PublishEventBody, PublishedEventReply } from '../schemas.ts';
import { publishAlone } from '../trigger-webhooks.ts';

/** The body as it came, beside what was parsed of it. */
const rawBodies = new WeakMap<FastifyRequest, string>();

interface Needs extends Pick<Platform, 'db' | 'jobs'> {
  checkData: CheckData;
  /** Of the JSON text of `data`. */
  dataBytesMax: number;
}

/** For what surrounds `data`: its keys, with room for a client that writes spaces. */
const envelopeBytesMax = 16_384;

export function publishEventRoute(
  parent: App,
  { checkData, dataBytesMax, ...platform }: Needs,
): void {
  // A scope of its own, because its parser also keeps the text: `data` is sent on byte for byte.
  parent.register(async (app: App) => {
    keepRawBodies(app);
    app.post(
      '/events',
      {
        config: { access: access.permission('events:publish'), audit: false },
        bodyLimit: Math.max(parent.initialConfig.bodyLimit ?? 0, dataBytesMax + envelopeBytesMax),
        schema: {
          summary: 'Publish an event',
          description:
            'Stored at once and delivered in the background to every subscription that fits. Data that does not fit the schema of its type is refused. A repeated idempotency key answers the first event.',
          tags: ['events'],
          headers: IdempotencyHeader,
          body: PublishEventBody,
          response: replies({ 202: PublishedEventReply }, 401, 403, 409, 422),
        },
      },
      async (request, reply) => {
        const { type, orderingKey, idempotencyKey } = request.body;
        const { tenantId } = callOf(request);
        const data = dataOf(request);
        await checkData({ tenantId, type, text: data, data: request.body.data });
        const published = await publishAlone(platform, {
          tenantId,
          type,
          data,
          orderingKey,
          counts: true,
          idempotencyKey: request.headers['idempotency-key'] ?? idempotencyKey,
        });
        return reply.code(202).send(published);
      },
    );
  });
}

function keepRawBodies(app: App): void {
  // Whatever keys the data has, they are never made properties of an object of ours.
  const parse = app.getDefaultJsonParser('ignore', 'ignore');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') return done(null, undefined);
    rawBodies.set(request, String(body));
    return parse(request, String(body), done);
  });
}

function dataOf(request: FastifyRequest): string {
  const data = rawMember(rawBodies.get(request) ?? '', 'data');
  if (data === undefined) throw commonErrors.malformed_json();
  return data;
}
