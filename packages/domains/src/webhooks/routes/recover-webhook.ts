import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { clientLeft } from '@trellis/http/client-left';
import { routeCosts } from '@trellis/http/rate-limit';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import type { RecoveryService } from '../recovery/service.ts';
import { RecoverWebhookBody, RecoveryCountReply, RecoveryReply } from '../recovery-schemas.ts';

export function recoverWebhookRoute(app: App, service: RecoveryService): void {
  app.post(
    '/webhooks/:id/recover',
    {
      config: {
        access: access.permission('webhooks:write'),
        limits: routeCosts.heavy,
        audit: 'webhook_recovery.started',
        idempotent: true,
      },
      schema: {
        summary: 'Send again what a subscription did not get',
        description:
          'In the background; `Location` names the recovery, which shows how far it is. One of a subscription at a time. With `dryRun` it only counts, up to a million rows; a tenant has one count at a time.',
        tags: ['webhooks'],
        params: IdParams,
        body: RecoverWebhookBody,
        response: replies(
          { 200: RecoveryCountReply, 202: withHeaders(RecoveryReply, 'Location') },
          401,
          403,
          404,
          409,
        ),
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      if (body.dryRun) {
        const counted = await service.count(callOf(request), params.id, body, clientLeft(reply));
        return reply.code(200).send(counted);
      }
      const recovery = await service.start(callOf(request), params.id, body);
      const location = `/api/v1/webhooks/${params.id}/recoveries/${recovery.id}`;
      return reply.code(202).header('location', location).send(recovery);
    },
  );
}
