import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { PageOf } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { UserReply, UsersQuery } from '../schemas.ts';
import type { UsersService } from '../service.ts';

export function listUsersRoute(app: App, service: Pick<UsersService, 'list'>): void {
  app.get(
    '/users',
    {
      config: { access: access.permission('users:read') },
      schema: {
        summary: 'List the users',
        description: 'The people of the tenant, who joined last first.',
        tags: ['users'],
        querystring: UsersQuery,
        response: replies({ 200: PageOf(UserReply) }, 401, 403),
      },
    },
    (request) => service.list(callOf(request), request.query),
  );
}
