import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag, IfMatchHeaders, preconditionOf } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { UserReply, UserRolesBody } from '../schemas.ts';
import type { UsersService } from '../service.ts';

export function setUserRolesRoute(app: App, service: Pick<UsersService, 'setRoles'>): void {
  app.put(
    '/users/:id/roles',
    {
      config: { access: access.permission('users:write'), audit: 'user.roles_changed' },
      schema: {
        summary: 'Set the roles of a user',
        description:
          'Replaces all roles; takes effect in every process within a second. Roles that are added may not hold more than the caller, ownership is taken away by owners only, and the last owner stays one.',
        tags: ['users'],
        params: IdParams,
        headers: IfMatchHeaders,
        body: UserRolesBody,
        response: replies({ 200: withHeaders(UserReply, 'ETag') }, 401, 403, 404, 409, 412, 422),
      },
    },
    async (request, reply) => {
      const { params, body, headers } = request;
      const precondition = preconditionOf(headers);
      const user = await service.setRoles(callOf(request), params.id, body.roleIds, precondition);
      return reply.header('etag', entityTag(user)).send(user);
    },
  );
}
