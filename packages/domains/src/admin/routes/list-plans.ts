import { platformPermission } from '@trellis/core/permissions';
import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { PageQuery } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { PlansReply } from '../plan-schemas.ts';
import type { AdminPlansService } from '../plans/service.ts';

export function listPlansRoute(app: App, service: Pick<AdminPlansService, 'list'>): void {
  app.get(
    '/admin/plans',
    {
      config: { access: access.permission(platformPermission), audit: 'plan.listed' },
      schema: {
        summary: 'List the plans for administrators',
        description: 'With how many tenants are on each, by `planType`.',
        tags: ['admin'],
        querystring: PageQuery,
        response: replies({ 200: PlansReply }, 401, 403),
      },
    },
    (request) => service.list(callOf(request), request.query),
  );
}
