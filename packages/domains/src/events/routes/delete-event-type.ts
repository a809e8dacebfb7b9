import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { NoContent, replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import type { CatalogueService } from '../catalogue/service.ts';
import { EventTypeParams } from '../schemas.ts';

export function deleteEventTypeRoute(app: App, service: Pick<CatalogueService, 'remove'>): void {
  app.delete(
    '/event-types/:name',
    {
      config: { access: access.permission('event-types:delete'), audit: 'event_type.deleted' },
      schema: {
        summary: 'Delete a type of events',
        description:
          'Events of this type can still be published, with any data. Types of the platform cannot be deleted.',
        tags: ['events'],
        params: EventTypeParams,
        response: replies({ 204: NoContent }, 401, 403, 404, 409),
      },
    },
    async (request, reply) => {
      await service.remove(callOf(request), request.params.name);
      return reply.code(204).send(null);
    },
  );
}
