import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag, IfMatchHeaders, preconditionOf } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { UpdateUserBody, UserReply } from '../schemas.ts';
import type { UsersService } from '../service.ts';

export function updateUserRoute(app: App, service: Pick<UsersService, 'update'>): void {
  app.patch(
    '/users/:id',
    {
      config: { access: access.permission('users:write'), audit: 'user.updated' },
      schema: {
        summary: 'Rename, disable or let in a user',
        description:
          'Changes what this tenant calls a person, and whether it lets them in. Disabling ends their sessions in the tenant, in every process within a second; ownership is taken away by owners only, and one active owner stays. Nobody lets in somebody whose roles hold more than they do.',
        tags: ['users'],
        params: IdParams,
        headers: IfMatchHeaders,
        body: UpdateUserBody,
        response: replies({ 200: withHeaders(UserReply, 'ETag') }, 401, 403, 404, 409, 412),
      },
    },
    async (request, reply) => {
      const { params, body, headers } = request;
      const precondition = preconditionOf(headers);
      const user = await service.update(callOf(request), params.id, body, precondition);
      return reply.header('etag', entityTag(user)).send(user);
    },
  );
}
