import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { routeCosts } from '@trellis/http/rate-limit';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { VerifyQuery, VerifyReply } from '../schemas.ts';
import type { AuditService } from '../service.ts';

export function verifyAuditLogsRoute(app: App, service: Pick<AuditService, 'verify'>): void {
  app.get(
    '/audit-logs/verify',
    {
      config: { access: access.permission('audit:read'), limits: routeCosts.heavy },
      schema: {
        summary: 'Verify the audit trail',
        description:
          'Whether every entry is as it was written, none is gone and none was added. It stops at the first that is wrong, and after `limit` entries.',
        tags: ['audit'],
        querystring: VerifyQuery,
        response: replies({ 200: VerifyReply }, 401, 403, 429),
      },
    },
    (request) => service.verify(callOf(request), request.query),
  );
}
