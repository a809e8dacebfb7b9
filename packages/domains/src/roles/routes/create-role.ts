import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { presentRole } from '../present-role.ts';
import { CreateRoleBody, RoleReply } from '../schemas.ts';
import type { RolesService } from '../service.ts';

export function createRoleRoute(app: App, service: Pick<RolesService, 'create'>): void {
  app.post(
    '/roles',
    {
      config: {
        access: access.permission('roles:write'),
        audit: 'role.created',
        idempotent: true,
      },
      schema: {
        summary: 'Create a role',
        description: 'Nobody grants what they do not hold: each permission must be the caller’s.',
        tags: ['roles'],
        body: CreateRoleBody,
        response: replies({ 201: withHeaders(RoleReply, 'ETag') }, 401, 403, 409, 422),
      },
    },
    async (request, reply) => {
      const role = await service.create(callOf(request), request.body);
      return reply
        .code(201)
        .header('location', `/api/v1/roles/${role.id}`)
        .header('etag', entityTag(role.updatedAt))
        .send(presentRole(role));
    },
  );
}
