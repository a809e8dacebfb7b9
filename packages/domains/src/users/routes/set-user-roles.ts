import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
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
        body: UserRolesBody,
        response: replies({ 200: UserReply }, 401, 403, 404, 409, 422),
      },
    },
    (request) => service.setRoles(callOf(request), request.params.id, request.body.roleIds),
  );
}
