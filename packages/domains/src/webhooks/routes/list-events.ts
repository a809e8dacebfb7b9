import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { PageOf, PageQuery } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { EventReply } from '../schemas.ts';
import type { WebhooksService } from '../service.ts';

export function listEventsRoute(app: App, service: WebhooksService): void {
  app.get(
    '/events',
    {
      config: { access: access.permission('events:read') },
      schema: {
        summary: 'List the events',
        description: 'The newest first.',
        tags: ['events'],
        querystring: PageQuery,
        response: replies({ 200: PageOf(EventReply) }, 401, 403),
      },
    },
    (request) => service.listEvents(callOf(request), request.query),
  );
}
