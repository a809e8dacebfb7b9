import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
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
          'Adds a person to the tenant, as `member` unless `roleIds` says otherwise. Somebody who is in another tenant joins by an invitation only. Without a password the person sets one by `POST /auth/password/forgot`. Nobody gives a role that holds more than they do.',
        tags: ['users'],
        body: CreateUserBody,
        response: replies({ 201: withHeaders(UserReply, 'ETag') }, 401, 403, 409, 422),
      },
    },
    async (request, reply) => {
      const user = await service.create(callOf(request), request.body);
      return reply
        .code(201)
        .header('location', `/api/v1/users/${user.id}`)
        .header('etag', entityTag(user))
        .send(user);
    },
  );
}
