import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { IdParams, PageOf } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { DeliveriesQuery, DeliveryReply } from '../schemas.ts';
import type { WebhooksService } from '../service.ts';

export function listDeliveriesRoute(app: App, service: WebhooksService): void {
  app.get(
    '/webhooks/:id/deliveries',
    {
      config: { access: access.permission('webhooks:read') },
      schema: {
        summary: 'List the deliveries of a subscription',
        description: 'The newest first; by status and event type.',
        tags: ['webhooks'],
        params: IdParams,
        querystring: DeliveriesQuery,
        response: replies({ 200: PageOf(DeliveryReply) }, 401, 403, 404),
      },
    },
    (request) => service.listDeliveries(callOf(request), request.params.id, request.query),
  );
}
