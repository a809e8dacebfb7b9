import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { EmptyBody, IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import type { DeliveriesService } from '../deliveries/service.ts';
import { DeliveryReply } from '../delivery-schemas.ts';

export function testWebhookRoute(app: App, service: Pick<DeliveriesService, 'test'>): void {
  app.post(
    '/webhooks/:id/test',
    {
      config: {
        access: access.permission('webhooks:write'),
        audit: 'webhook.tested',
        idempotent: true,
      },
      schema: {
        summary: 'Send a test event',
        description:
          'Sends `webhook.test` to this subscription alone, once, as any other event is sent. It does not count against the plan. Answers the delivery.',
        tags: ['webhooks'],
        params: IdParams,
        body: EmptyBody,
        response: replies({ 202: DeliveryReply }, 401, 403, 404, 409, 422),
      },
    },
    async (request, reply) => {
      const delivery = await service.test(callOf(request), request.params.id);
      return reply.code(202).send(delivery);
    },
  );
}
