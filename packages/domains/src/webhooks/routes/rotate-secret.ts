import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { overlapSecondsOf, RotateSecretBody, WebhookWithSecretReply } from '../schemas.ts';
import type { WebhooksService } from '../service.ts';

export function rotateSecretRoute(app: App, service: Pick<WebhooksService, 'rotateSecret'>): void {
  app.post(
    '/webhooks/:id/secret/rotate',
    {
      config: {
        access: access.permission('webhooks:write'),
        audit: 'webhook.secret_rotated',
        idempotent: true,
      },
      schema: {
        summary: 'Give a subscription a new secret',
        description:
          'The new secret is in this answer only. Until the overlap ends, deliveries are signed with the one before too, and none before it signs any longer than that. At most four that were rotated away can be valid.',
        tags: ['webhooks'],
        params: IdParams,
        body: RotateSecretBody,
        response: replies({ 200: withHeaders(WebhookWithSecretReply, 'ETag') }, 401, 403, 404, 409),
      },
    },
    async (request, reply) => {
      const overlapSeconds = overlapSecondsOf(request.body);
      const webhook = await service.rotateSecret(
        callOf(request),
        request.params.id,
        overlapSeconds,
      );
      return reply.header('etag', entityTag(new Date(webhook.updatedAt))).send(webhook);
    },
  );
}
