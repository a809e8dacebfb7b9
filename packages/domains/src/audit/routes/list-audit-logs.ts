import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { PageOf } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { AuditEntryReply, AuditQuery } from '../schemas.ts';
import type { AuditService } from '../service.ts';

export function listAuditLogsRoute(app: App, service: Pick<AuditService, 'list'>): void {
  app.get(
    '/audit-logs',
    {
      config: { access: access.permission('audit:read') },
      schema: {
        summary: 'List the audit trail',
        description: 'Who did what, from where; the newest first. All filters have to match.',
        tags: ['audit'],
        querystring: AuditQuery,
        response: replies({ 200: PageOf(AuditEntryReply) }, 401, 403),
      },
    },
    (request) => service.list(callOf(request), request.query),
  );
}
