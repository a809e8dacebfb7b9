import { platformPermission } from '@trellis/core/permissions';
import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { TenantPlanReply } from '../tenant-schemas.ts';
import type { AdminTenantsService } from '../tenants/service.ts';

export function getTenantRoute(app: App, service: Pick<AdminTenantsService, 'get'>): void {
  app.get(
    '/admin/tenants/:id',
    {
      config: { access: access.permission(platformPermission), audit: 'tenant.read' },
      schema: {
        summary: 'Show a tenant to administrators',
        description:
          'With its plan, its overrides, what holds now, and what it uses. The `ETag` can be sent as `If-Match` of a change; it stands for the name, the status, the plan and the overrides of the tenant, not for the limits of the plan or for what is used.',
        tags: ['admin'],
        params: IdParams,
        response: replies({ 200: withHeaders(TenantPlanReply, 'ETag') }, 401, 403, 404),
      },
    },
    async (request, reply) => {
      const { shown, updatedAt } = await service.get(callOf(request), request.params.id);
      return reply.header('etag', entityTag(updatedAt)).send(shown);
    },
  );
}
