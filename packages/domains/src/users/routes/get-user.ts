import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { UserReply } from '../schemas.ts';
import type { UsersService } from '../service.ts';

export function getUserRoute(app: App, service: Pick<UsersService, 'get'>): void {
  app.get(
    '/users/:id',
    {
      config: { access: access.permission('users:read') },
      schema: {
        summary: 'Show a user',
        description:
          'A person of the tenant, with the roles held in it. The `ETag` of the reply can be sent as `If-Match` of a change.',
        tags: ['users'],
        params: IdParams,
        response: replies({ 200: withHeaders(UserReply, 'ETag') }, 401, 403, 404),
      },
    },
    async (request, reply) => {
      const user = await service.get(callOf(request), request.params.id);
      return reply.header('etag', entityTag(user)).send(user);
    },
  );
}
