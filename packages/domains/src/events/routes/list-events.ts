import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { PageOf } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { EventReply, EventsQuery } from '../schemas.ts';
import type { EventsService } from '../service.ts';

export function listEventsRoute(app: App, service: EventsService): void {
  app.get(
    '/events',
    {
      config: { access: access.permission('events:read') },
      schema: {
        summary: 'List the events',
        description: 'The newest first; by type.',
        tags: ['events'],
        querystring: EventsQuery,
        response: replies({ 200: PageOf(EventReply) }, 401, 403),
      },
    },
    (request) => service.list(callOf(request), request.query),
  );
}
