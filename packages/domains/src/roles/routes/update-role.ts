import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag, IfMatchHeaders, preconditionOf } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { presentRole } from '../present-role.ts';
import { RoleReply, UpdateRoleBody } from '../schemas.ts';
import type { RolesService } from '../service.ts';

export function updateRoleRoute(app: App, service: Pick<RolesService, 'update'>): void {
  app.patch(
    '/roles/:id',
    {
      config: { access: access.permission('roles:write'), audit: 'role.updated' },
      schema: {
        summary: 'Change a role',
        description:
          'Takes effect in every process within a second. What is added must be the caller’s; system roles cannot be changed.',
        tags: ['roles'],
        params: IdParams,
        headers: IfMatchHeaders,
        body: UpdateRoleBody,
        response: replies({ 200: withHeaders(RoleReply, 'ETag') }, 401, 403, 404, 409, 412, 422),
      },
    },
    async (request, reply) => {
      const role = await service.update(
        callOf(request),
        request.params.id,
        request.body,
        preconditionOf(request.headers),
      );
      return reply.header('etag', entityTag(role.updatedAt)).send(presentRole(role));
    },
  );
}
