import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { PageOf, PageQuery } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { WebhookReply } from '../schemas.ts';
import type { WebhooksService } from '../service.ts';

export function listWebhooksRoute(app: App, service: Pick<WebhooksService, 'list'>): void {
  app.get(
    '/webhooks',
    {
      config: { access: access.permission('webhooks:read') },
      schema: {
        summary: 'List the subscriptions',
        description: 'The newest first.',
        tags: ['webhooks'],
        querystring: PageQuery,
        response: replies({ 200: PageOf(WebhookReply) }, 401, 403),
      },
    },
    (request) => service.list(callOf(request), request.query),
  );
}
