import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { WebhookReply } from '../schemas.ts';
import type { WebhooksService } from '../service.ts';

export function getWebhookRoute(app: App, service: WebhooksService): void {
  app.get(
    '/webhooks/:id',
    {
      config: { access: access.permission('webhooks:read') },
      schema: {
        summary: 'Show a subscription',
        description: 'With a hint of the secret, not the secret.',
        tags: ['webhooks'],
        params: IdParams,
        response: replies({ 200: WebhookReply }, 401, 403, 404),
      },
    },
    (request) => service.get(callOf(request), request.params.id),
  );
}
