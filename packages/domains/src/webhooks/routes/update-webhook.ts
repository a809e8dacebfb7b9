import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { UpdateWebhookBody, WebhookReply } from '../schemas.ts';
import type { WebhooksService } from '../service.ts';

export function updateWebhookRoute(app: App, service: WebhooksService): void {
  app.patch(
    '/webhooks/:id',
    {
      config: { access: access.permission('webhooks:write'), audit: 'webhook.updated' },
      schema: {
        summary: 'Change a subscription',
        description: 'What is left out stays as it is.',
        tags: ['webhooks'],
        params: IdParams,
        body: UpdateWebhookBody,
        response: replies({ 200: WebhookReply }, 401, 403, 404, 422),
      },
    },
    (request) => service.update(callOf(request), request.params.id, request.body),
  );
}
