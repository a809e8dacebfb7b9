import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { IdParams, PageOf, PageQuery } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import type { RecoveryService } from '../recovery/service.ts';
import { RecoveryReply } from '../recovery-schemas.ts';

export function listRecoveriesRoute(app: App, service: RecoveryService): void {
  app.get(
    '/webhooks/:id/recoveries',
    {
      config: { access: access.permission('webhooks:read') },
      schema: {
        summary: 'List the recoveries of a subscription',
        description: 'The newest first; they are kept as long as deliveries.',
        tags: ['webhooks'],
        params: IdParams,
        querystring: PageQuery,
        response: replies({ 200: PageOf(RecoveryReply) }, 401, 403, 404),
      },
    },
    (request) => service.list(callOf(request), request.params.id, request.query),
  );
}
