import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag, IfMatchHeaders, preconditionOf } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { UpdateWebhookBody, WebhookReply } from '../schemas.ts';
import type { WebhooksService } from '../service.ts';

export function updateWebhookRoute(app: App, service: Pick<WebhooksService, 'update'>): void {
  app.patch(
    '/webhooks/:id',
    {
      config: { access: access.permission('webhooks:write'), audit: 'webhook.updated' },
      schema: {
        summary: 'Change a subscription',
        description:
          'What is left out stays as it is; `headers` replaces all of them. A URL of another origin (scheme, host and port) needs the encrypted ones anew, with their values. Another URL, or enabling it, makes a new start: its failures are forgotten.',
        tags: ['webhooks'],
        params: IdParams,
        headers: IfMatchHeaders,
        body: UpdateWebhookBody,
        response: replies({ 200: withHeaders(WebhookReply, 'ETag') }, 401, 403, 404, 412, 422),
      },
    },
    async (request, reply) => {
      const { params, body, headers } = request;
      const precondition = preconditionOf(headers);
      const webhook = await service.update(callOf(request), params.id, body, precondition);
      return reply.header('etag', entityTag(new Date(webhook.updatedAt))).send(webhook);
    },
  );
}
