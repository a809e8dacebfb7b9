import { platformPermission } from '@trellis/core/permissions';
import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag, IfMatchHeaders, preconditionOf } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { TenantPlanBody, TenantPlanReply } from '../tenant-schemas.ts';
import type { AdminTenantsService } from '../tenants/service.ts';

export function setTenantPlanRoute(app: App, service: Pick<AdminTenantsService, 'setPlan'>): void {
  app.put(
    '/admin/tenants/:id/plan',
    {
      config: { access: access.permission(platformPermission), audit: 'tenant.plan_changed' },
      schema: {
        summary: 'Give a tenant a plan',
        description:
          'Replaces the plan and all overrides; takes effect in every process within a second. Refused (`plan_below_use`) when a limit falls below what is used, unless `graceDays` says what becomes of that.',
        tags: ['admin'],
        params: IdParams,
        headers: IfMatchHeaders,
        body: TenantPlanBody,
        response: replies(
          { 200: withHeaders(TenantPlanReply, 'ETag') },
          ...[401, 403, 404, 409, 412, 422],
        ),
      },
    },
    async (request, reply) => {
      const { shown, updatedAt } = await service.setPlan(
        callOf(request),
        request.params.id,
        request.body,
        preconditionOf(request.headers),
      );
      return reply.header('etag', entityTag(updatedAt)).send(shown);
    },
  );
}
