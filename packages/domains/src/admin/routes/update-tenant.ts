import { platformPermission } from '@trellis/core/permissions';
import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag, IfMatchHeaders, preconditionOf } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { TenantPlanReply, UpdateTenantBody } from '../tenant-schemas.ts';
import type { AdminTenantsService } from '../tenants/service.ts';

export function updateTenantRoute(app: App, service: Pick<AdminTenantsService, 'update'>): void {
  app.patch(
    '/admin/tenants/:id',
    {
      config: { access: access.permission(platformPermission), audit: 'tenant.status_changed' },
      schema: {
        summary: 'Suspend or resume a tenant',
        description:
          'Within a second every process refuses all credentials of a suspended tenant (`tenant_suspended`), and takes them again when it is resumed.',
        tags: ['admin'],
        params: IdParams,
        headers: IfMatchHeaders,
        body: UpdateTenantBody,
        response: replies({ 200: withHeaders(TenantPlanReply, 'ETag') }, 401, 403, 404, 409, 412),
      },
    },
    async (request, reply) => {
      const { shown, updatedAt } = await service.update(
        callOf(request),
        request.params.id,
        request.body,
        preconditionOf(request.headers),
      );
      return reply.header('etag', entityTag(updatedAt)).send(shown);
    },
  );
}
