import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { EmptyBody } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import type { DeliveriesService } from '../deliveries/service.ts';
import { DeliveryParams, DeliveryReply } from '../delivery-schemas.ts';

export function retryDeliveryRoute(app: App, service: Pick<DeliveriesService, 'retry'>): void {
  app.post(
    '/webhooks/:id/deliveries/:deliveryId/retry',
    {
      config: {
        access: access.permission('webhooks:write'),
        audit: 'webhook.delivery_retried',
        idempotent: true,
      },
      schema: {
        summary: 'Send a delivery again',
        description:
          'At once, and with all its tries, whatever came of it before. One that is being sent at this moment is not sent twice.',
        tags: ['webhooks'],
        params: DeliveryParams,
        body: EmptyBody,
        response: replies({ 202: DeliveryReply }, 401, 403, 404, 409),
      },
    },
    async (request, reply) => {
      const { id, deliveryId } = request.params;
      const delivery = await service.retry(callOf(request), id, deliveryId);
      return reply.code(202).send(delivery);
    },
  );
}
