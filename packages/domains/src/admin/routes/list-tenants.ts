import { platformPermission } from '@trellis/core/permissions';
import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { TenantsQuery, TenantsReply } from '../tenant-schemas.ts';
import type { AdminTenantsService } from '../tenants/service.ts';

export function listTenantsRoute(app: App, service: Pick<AdminTenantsService, 'list'>): void {
  app.get(
    '/admin/tenants',
    {
      config: { access: access.permission(platformPermission), audit: 'tenant.listed' },
      schema: {
        summary: 'List the tenants',
        description: 'The newest first. The trail of the platform keeps what was looked for.',
        tags: ['admin'],
        querystring: TenantsQuery,
        response: replies({ 200: TenantsReply }, 401, 403),
      },
    },
    (request) => service.list(callOf(request), request.query),
  );
}
