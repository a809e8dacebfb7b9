import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { presentTenant } from '../present-tenant.ts';
import { TenantDetails } from '../schemas.ts';
import type { TenantsService } from '../service.ts';

export function getTenantRoute(app: App, service: Pick<TenantsService, 'get'>): void {
  app.get(
    '/tenant',
    {
      config: { access: access.authenticated() },
      schema: {
        summary: 'Show the tenant',
        description:
          'The tenant of the credential. The `ETag` can be sent as `If-Match` of a change.',
        tags: ['tenant'],
        response: replies({ 200: withHeaders(TenantDetails, 'ETag') }, 401, 403),
      },
    },
    async (request, reply) => {
      const tenant = await service.get(callOf(request));
      return reply.header('etag', entityTag(tenant.updatedAt)).send(presentTenant(tenant));
    },
  );
}
