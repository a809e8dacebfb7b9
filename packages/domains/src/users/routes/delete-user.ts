import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { NoContent, replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import type { UsersService } from '../service.ts';

export function deleteUserRoute(app: App, service: Pick<UsersService, 'remove'>): void {
  app.delete(
    '/users/:id',
    {
      config: { access: access.permission('users:delete'), audit: 'user.deleted' },
      schema: {
        summary: 'Remove a user',
        description:
          'Takes a person out of the tenant and ends their sessions in it. The person stays in other tenants; the last owner cannot be removed.',
        tags: ['users'],
        params: IdParams,
        response: replies({ 204: NoContent }, 401, 403, 404, 409),
      },
    },
    async (request, reply) => {
      await service.remove(callOf(request), request.params.id);
      return reply.code(204).send(null);
    },
  );
}
