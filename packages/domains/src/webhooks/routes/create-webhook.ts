import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { CreateWebhookBody, WebhookWithSecretReply } from '../schemas.ts';
import type { WebhooksService } from '../service.ts';

export function createWebhookRoute(app: App, service: Pick<WebhooksService, 'create'>): void {
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
          'The signing secret is in this answer only. At most `maxWebhooks` of the plan. A subscription hands every event that it asks for to its URL, so who holds `webhooks:write` can read all events of the tenant.',
        tags: ['webhooks'],
        body: CreateWebhookBody,
        response: replies({ 201: withHeaders(WebhookWithSecretReply, 'ETag') }, 401, 403, 409, 422),
      },
    },
    async (request, reply) => {
      const webhook = await service.create(callOf(request), request.body);
      return reply
        .code(201)
        .header('location', `/api/v1/webhooks/${webhook.id}`)
        .header('etag', entityTag(new Date(webhook.updatedAt)))
        .send(webhook);
    },
  );
}
