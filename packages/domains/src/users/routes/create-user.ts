import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { CreateUserBody, UserReply } from '../schemas.ts';
import type { UsersService } from '../service.ts';

export function createUserRoute(app: App, service: Pick<UsersService, 'create'>): void {
  app.post(
    '/users',
    {
      config: {
        access: access.permission('users:write'),
        audit: 'user.created',
        idempotent: true,
      },
      schema: {
        summary: 'Add a user',
        description:
          'Adds a person to the tenant, as `member` unless `roleIds` says otherwise. Somebody who has an account already keeps name and password. Nobody gives a role that holds more than they do.',
        tags: ['users'],
        body: CreateUserBody,
        response: replies({ 201: UserReply }, 401, 403, 409, 422),
      },
    },
    async (request, reply) => {
      const user = await service.create(callOf(request), request.body);
      return reply.code(201).header('location', `/api/v1/users/${user.id}`).send(user);
    },
  );
}
