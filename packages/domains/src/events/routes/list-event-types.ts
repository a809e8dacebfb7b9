import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { PageOf, PageQuery } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import type { CatalogueService } from '../catalogue/service.ts';
import { EventTypeReply } from '../schemas.ts';

export function listEventTypesRoute(app: App, service: Pick<CatalogueService, 'list'>): void {
  app.get(
    '/event-types',
    {
      config: { access: access.permission('events:read') },
      schema: {
        summary: 'List the types of events',
        description: 'Those of the platform and those that the tenant declared, by name.',
        tags: ['events'],
        querystring: PageQuery,
        response: replies({ 200: PageOf(EventTypeReply) }, 401, 403),
      },
    },
    (request) => service.list(callOf(request), request.query),
  );
}
