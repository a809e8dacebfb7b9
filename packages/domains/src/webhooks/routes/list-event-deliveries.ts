import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { IdParams, PageOf, PageQuery } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import type { DeliveriesService } from '../deliveries/service.ts';
import { DeliveryReply } from '../delivery-schemas.ts';

export function listEventDeliveriesRoute(
  app: App,
  service: Pick<DeliveriesService, 'listOfEvent'>,
): void {
  app.get(
    '/events/:id/deliveries',
    {
      config: { access: access.permission('webhooks:read') },
      schema: {
        summary: 'List the deliveries of an event',
        description: 'To all subscriptions; the newest first.',
        tags: ['webhooks'],
        params: IdParams,
        querystring: PageQuery,
        response: replies({ 200: PageOf(DeliveryReply) }, 401, 403, 404),
      },
    },
    (request) => service.listOfEvent(callOf(request), request.params.id, request.query),
  );
}
