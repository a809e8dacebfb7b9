import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag, IfMatchHeaders, preconditionOf } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { presentTenant } from '../present-tenant.ts';
import { TenantDetails, UpdateTenantBody } from '../schemas.ts';
import type { TenantsService } from '../service.ts';

export function updateTenantRoute(app: App, service: Pick<TenantsService, 'update'>): void {
  app.patch(
    '/tenant',
    {
      config: { access: access.permission('tenant:write'), audit: 'tenant.updated' },
      schema: {
        summary: 'Rename the tenant',
        description: 'The slug stays as it is.',
        tags: ['tenant'],
        headers: IfMatchHeaders,
        body: UpdateTenantBody,
        response: replies({ 200: withHeaders(TenantDetails, 'ETag') }, 401, 403, 412),
      },
    },
    async (request, reply) => {
      const tenant = await service.update(
        callOf(request),
        request.body,
        preconditionOf(request.headers),
      );
      return reply.header('etag', entityTag(tenant.updatedAt)).send(presentTenant(tenant));
    },
  );
}
