import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { AuditEntryReply } from '../schemas.ts';
import type { AuditService } from '../service.ts';

export function getAuditLogRoute(app: App, service: Pick<AuditService, 'get'>): void {
  app.get(
    '/audit-logs/:id',
    {
      config: { access: access.permission('audit:read') },
      schema: {
        summary: 'Show an audit entry',
        description: 'One change, with the resource before and after it.',
        tags: ['audit'],
        params: IdParams,
        response: replies({ 200: AuditEntryReply }, 401, 403, 404),
      },
    },
    (request) => service.get(callOf(request), request.params.id),
  );
}
