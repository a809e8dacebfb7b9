import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { UpdateUserBody, UserReply } from '../schemas.ts';
import type { UsersService } from '../service.ts';

export function updateUserRoute(app: App, service: Pick<UsersService, 'rename'>): void {
  app.patch(
    '/users/:id',
    {
      config: { access: access.permission('users:write'), audit: 'user.updated' },
      schema: {
        summary: 'Rename a user',
        description: 'Changes the name of a person of the tenant.',
        tags: ['users'],
        params: IdParams,
        body: UpdateUserBody,
        response: replies({ 200: UserReply }, 401, 403, 404),
      },
    },
    (request) => service.rename(callOf(request), request.params.id, request.body.name),
  );
}
