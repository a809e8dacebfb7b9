import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import type { CatalogueService } from '../catalogue/service.ts';
import { EventTypeParams, EventTypeReply } from '../schemas.ts';

export function getEventTypeRoute(app: App, service: Pick<CatalogueService, 'get'>): void {
  app.get(
    '/event-types/:name',
    {
      config: { access: access.permission('events:read') },
      schema: {
        summary: 'Show a type of events',
        description: 'The `ETag` of the reply can be sent as `If-Match` of a change.',
        tags: ['events'],
        params: EventTypeParams,
        response: replies({ 200: withHeaders(EventTypeReply, 'ETag') }, 401, 403, 404),
      },
    },
    async (request, reply) => {
      const type = await service.get(callOf(request), request.params.name);
      return reply.header('etag', entityTag(type)).send(type);
    },
  );
}
