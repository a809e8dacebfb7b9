import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { IdParams, PageOf } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import type { DeliveriesService } from '../deliveries/service.ts';
import { DeliveriesQuery, DeliveryReply } from '../delivery-schemas.ts';

export function listDeliveriesRoute(app: App, service: Pick<DeliveriesService, 'list'>): void {
  app.get(
    '/webhooks/:id/deliveries',
    {
      config: { access: access.permission('webhooks:read') },
      schema: {
        summary: 'List the deliveries of a subscription',
        description: 'The newest first. All filters have to match.',
        tags: ['webhooks'],
        params: IdParams,
        querystring: DeliveriesQuery,
        response: replies({ 200: PageOf(DeliveryReply) }, 401, 403, 404),
      },
    },
    (request) => service.list(callOf(request), request.params.id, request.query),
  );
}
