import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import type { CatalogueService } from '../catalogue/service.ts';
import { assertPlain } from '../data-schema/check-schema.ts';
import { CreateEventTypeBody, EventTypeReply } from '../schemas.ts';

export function createEventTypeRoute(app: App, service: Pick<CatalogueService, 'create'>): void {
  app.post(
    '/event-types',
    {
      config: {
        access: access.permission('event-types:write'),
        audit: 'event_type.created',
        idempotent: true,
      },
      schema: {
        summary: 'Declare a type of events',
        description:
          'From then on, in every process within a second, `POST /events` refuses data of this type that does not fit its schema.',
        tags: ['events'],
        body: CreateEventTypeBody,
        response: replies({ 201: withHeaders(EventTypeReply, 'ETag') }, 401, 403, 409, 422),
      },
      // An idempotency key has the body written as text, which one without a bottom cannot be.
      preValidation: async ({ body }) => assertPlain(body?.schema),
    },
    async (request, reply) => {
      const type = await service.create(callOf(request), request.body);
      return reply
        .code(201)
        .header('location', `/api/v1/event-types/${type.name}`)
        .header('etag', entityTag(type))
        .send(type);
    },
  );
}
