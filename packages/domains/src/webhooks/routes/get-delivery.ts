import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { DeliveryParams, DeliveryWithAttemptsReply } from '../schemas.ts';
import type { WebhooksService } from '../service.ts';

export function getDeliveryRoute(app: App, service: WebhooksService): void {
  app.get(
    '/webhooks/:id/deliveries/:deliveryId',
    {
      config: { access: access.permission('webhooks:read') },
      schema: {
        summary: 'Show a delivery',
        description: 'With the exact body and every attempt.',
        tags: ['webhooks'],
        params: DeliveryParams,
        response: replies({ 200: DeliveryWithAttemptsReply }, 401, 403, 404),
      },
    },
    (request) => service.getDelivery(callOf(request), request.params.id, request.params.deliveryId),
  );
}
