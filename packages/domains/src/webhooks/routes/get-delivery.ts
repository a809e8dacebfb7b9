import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import type { DeliveriesService } from '../deliveries/service.ts';
import { DeliveryParams, DeliveryWithAttemptsReply } from '../delivery-schemas.ts';

export function getDeliveryRoute(app: App, service: Pick<DeliveriesService, 'get'>): void {
  app.get(
    '/webhooks/:id/deliveries/:deliveryId',
    {
      config: { access: access.permission('webhooks:read') },
      schema: {
        summary: 'Show a delivery',
        description:
          'With every attempt, and for callers who hold `events:read` too, the exact body.',
        tags: ['webhooks'],
        params: DeliveryParams,
        response: replies({ 200: DeliveryWithAttemptsReply }, 401, 403, 404),
      },
    },
    (request) => service.get(callOf(request), request.params.id, request.params.deliveryId),
  );
}
