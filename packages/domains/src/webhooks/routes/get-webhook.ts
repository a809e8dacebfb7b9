import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { WebhookReply } from '../schemas.ts';
import type { WebhooksService } from '../service.ts';

export function getWebhookRoute(app: App, service: Pick<WebhooksService, 'get'>): void {
  app.get(
    '/webhooks/:id',
    {
      config: { access: access.permission('webhooks:read') },
      schema: {
        summary: 'Show a subscription',
        description:
          'With a hint of the secret, not the secret, and how its endpoint fails. The `ETag` can be sent as `If-Match` of a change.',
        tags: ['webhooks'],
        params: IdParams,
        response: replies({ 200: withHeaders(WebhookReply, 'ETag') }, 401, 403, 404),
      },
    },
    async (request, reply) => {
      const webhook = await service.get(callOf(request), request.params.id);
      return reply.header('etag', entityTag(new Date(webhook.updatedAt))).send(webhook);
    },
  );
}
