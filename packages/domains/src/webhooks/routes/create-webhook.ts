import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { CreatedWebhookReply, CreateWebhookBody } from '../schemas.ts';
import type { WebhooksService } from '../service.ts';

export function createWebhookRoute(app: App, service: WebhooksService): void {
  app.post(
    '/webhooks',
    {
      config: {
        access: access.permission('webhooks:write'),
        audit: 'webhook.created',
        idempotent: true,
      },
      schema: {
        summary: 'Subscribe a URL to events',
        description:
          'The signing secret is in this answer only. At most `maxWebhooks` of the plan.',
        tags: ['webhooks'],
        body: CreateWebhookBody,
        response: replies({ 201: CreatedWebhookReply }, 401, 403, 409, 422),
      },
    },
    async (request, reply) => {
      const webhook = await service.create(callOf(request), request.body);
      return reply.code(201).header('location', `/api/v1/webhooks/${webhook.id}`).send(webhook);
    },
  );
}
