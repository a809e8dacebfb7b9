import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { presentRole } from '../present-role.ts';
import { RoleReply } from '../schemas.ts';
import type { RolesService } from '../service.ts';

export function getRoleRoute(app: App, service: Pick<RolesService, 'get'>): void {
  app.get(
    '/roles/:id',
    {
      config: { access: access.permission('roles:read') },
      schema: {
        summary: 'Show a role',
        description: 'The `ETag` of the reply can be sent as `If-Match` of a change.',
        tags: ['roles'],
        params: IdParams,
        response: replies({ 200: withHeaders(RoleReply, 'ETag') }, 401, 403, 404),
      },
    },
    async (request, reply) => {
      const role = await service.get(callOf(request), request.params.id);
      return reply.header('etag', entityTag(role.updatedAt)).send(presentRole(role));
    },
  );
}
