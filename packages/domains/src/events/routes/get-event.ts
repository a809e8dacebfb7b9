import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { EventReply } from '../schemas.ts';
import type { EventsService } from '../service.ts';

export function getEventRoute(app: App, service: EventsService): void {
  app.get(
    '/events/:id',
    {
      config: { access: access.permission('events:read') },
      schema: {
        summary: 'Show an event',
        description: 'With the exact body that its deliveries send.',
        tags: ['events'],
        params: IdParams,
        response: replies({ 200: EventReply }, 401, 403, 404),
      },
    },
    (request) => service.get(callOf(request), request.params.id),
  );
}
