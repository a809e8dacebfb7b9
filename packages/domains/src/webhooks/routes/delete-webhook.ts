import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { NoContent, replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import type { WebhooksService } from '../service.ts';

export function deleteWebhookRoute(app: App, service: Pick<WebhooksService, 'delete'>): void {
  app.delete(
    '/webhooks/:id',
    {
      config: { access: access.permission('webhooks:delete'), audit: 'webhook.deleted' },
      schema: {
        summary: 'Delete a subscription',
        description:
          'Nothing is sent to it any more. Deliveries that wait are cancelled, very many of them in the background.',
        tags: ['webhooks'],
        params: IdParams,
        response: replies({ 204: NoContent }, 401, 403, 404),
      },
    },
    async (request, reply) => {
      await service.delete(callOf(request), request.params.id);
      return reply.code(204).send(null);
    },
  );
}
