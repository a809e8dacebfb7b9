import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { EmptyBody } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import type { RecoveryService } from '../recovery/service.ts';
import { RecoveryParams, RecoveryReply } from '../recovery-schemas.ts';

export function cancelRecoveryRoute(app: App, service: RecoveryService): void {
  app.post(
    '/webhooks/:id/recoveries/:recoveryId/cancel',
    {
      config: {
        access: access.permission('webhooks:write'),
        audit: 'webhook_recovery.cancelled',
      },
      schema: {
        summary: 'Cancel a recovery',
        description: 'It queues nothing more. What it has queued is delivered all the same.',
        tags: ['webhooks'],
        params: RecoveryParams,
        body: EmptyBody,
        response: replies({ 200: RecoveryReply }, 401, 403, 404, 409),
      },
    },
    (request) => service.cancel(callOf(request), request.params.id, request.params.recoveryId),
  );
}
