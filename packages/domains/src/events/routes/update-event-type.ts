import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag, IfMatchHeaders, preconditionOf } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import type { CatalogueService } from '../catalogue/service.ts';
import { EventTypeParams, EventTypeReply, UpdateEventTypeBody } from '../schemas.ts';

export function updateEventTypeRoute(app: App, service: Pick<CatalogueService, 'update'>): void {
  app.patch(
    '/event-types/:name',
    {
      config: { access: access.permission('event-types:write'), audit: 'event_type.updated' },
      schema: {
        summary: 'Change a type of events',
        description:
          'Takes effect in every process within a second; what was published before stays as it is. Types of the platform cannot be changed.',
        tags: ['events'],
        params: EventTypeParams,
        headers: IfMatchHeaders,
        body: UpdateEventTypeBody,
        response: replies(
          { 200: withHeaders(EventTypeReply, 'ETag') },
          401,
          403,
          404,
          409,
          412,
          422,
        ),
      },
    },
    async (request, reply) => {
      const type = await service.update(
        callOf(request),
        request.params.name,
        request.body,
        preconditionOf(request.headers),
      );
      return reply.header('etag', entityTag(type)).send(type);
    },
  );
}
