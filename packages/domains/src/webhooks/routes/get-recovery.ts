import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import type { RecoveryService } from '../recovery/service.ts';
import { RecoveryParams, RecoveryReply } from '../recovery-schemas.ts';

export function getRecoveryRoute(app: App, service: RecoveryService): void {
  app.get(
    '/webhooks/:id/recoveries/:recoveryId',
    {
      config: { access: access.permission('webhooks:read') },
      schema: {
        summary: 'Show a recovery',
        description: 'How much it has queued so far, and of how much.',
        tags: ['webhooks'],
        params: RecoveryParams,
        response: replies({ 200: RecoveryReply }, 401, 403, 404),
      },
    },
    (request) => service.get(callOf(request), request.params.id, request.params.recoveryId),
  );
}
