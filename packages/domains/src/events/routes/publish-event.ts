import { commonErrors } from '@trellis/core/common-errors';
import { ProblemError } from '@trellis/core/errors';
import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { assertWellFormed, readJsonBodies } from '@trellis/http/json-body';
import { routeCosts } from '@trellis/http/rate-limit';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import type { FastifyRequest } from 'fastify';
import type { Platform } from '../../platform.ts';
import type { CheckData } from '../catalogue/check-data.ts';
import { findAnswer, type NewEvent, type PublishedEvent } from '../publish-event.ts';
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

export function publishEventRoute(parent: App, needs: Needs): void {
  const { dataBytesMax } = needs;
  // A scope of its own, because its parser also keeps the text: `data` is sent on byte for byte.
  parent.register(async (app: App) => {
    // Whatever keys the data has, they are never made properties of an object of ours.
    readJsonBodies(app, {
      poisoning: 'ignore',
      onBody: (request, text) => rawBodies.set(request, text),
    });
    app.post(
      '/events',
      {
        config: {
          access: access.permission('events:publish'),
          audit: false,
          limits: routeCosts.publish,
        },
        bodyLimit: Math.max(parent.initialConfig.bodyLimit ?? 0, dataBytesMax + envelopeBytesMax),
        schema: {
          summary: 'Publish an event',
          description:
            'Stored at once and delivered in the background to every subscription that fits. Data that does not fit the schema of its type is refused, and so are the types that are the word of the platform alone. A repeated idempotency key answers the first event.',
          tags: ['events'],
          headers: IdempotencyHeader,
          body: PublishEventBody,
          response: replies({ 202: PublishedEventReply }, 401, 403, 409, 422),
        },
      },
      async (request, reply) => {
        const { body, headers } = request;
        const { type, orderingKey } = body;
        const idempotencyKey = keyOf(headers['idempotency-key'], body.idempotencyKey);
        assertWellFormed([orderingKey, idempotencyKey]);
        const { tenantId } = callOf(request);
        const data = dataOf(request);
        const event = { tenantId, type, data, orderingKey, counts: true, idempotencyKey };
        const published = await publish(needs, event, body.data);
        return reply.code(202).send(published);
      },
    );
  });
}

/** A repeat has the first answer, also when the schema of the type has changed in between. */
async function publish(
  { checkData, ...platform }: Needs,
  event: NewEvent,
  data: unknown,
): Promise<PublishedEvent> {
  try {
    await checkData({ ...event, text: event.data, data });
  } catch (refusal) {
    if (!(refusal instanceof ProblemError)) throw refusal;
    const first = await findAnswer((sql) => platform.db.queryTenant(event.tenantId, sql), event);
    if (first) return first;
    throw refusal;
  }
  return publishAlone(platform, event);
}

/** The one key of the request. Throws `validation_failed` (400) when there are two that differ. */
function keyOf(inHeader: string | undefined, inBody: string | undefined): string | undefined {
  if (inHeader === undefined || inBody === undefined || inHeader === inBody) {
    return inHeader ?? inBody;
  }
  const message = 'is not the same as the header `Idempotency-Key`';
  throw commonErrors.validation_failed(`body/idempotencyKey ${message}`, {
    errors: [{ path: 'body/idempotencyKey', message }],
  });
}

function dataOf(request: FastifyRequest): string {
  const data = rawMember(rawBodies.get(request) ?? '', 'data');
  if (data === undefined) throw commonErrors.malformed_json();
  return data;
}
