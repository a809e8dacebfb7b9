import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { NoContent, replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import type { RolesService } from '../service.ts';

export function deleteRoleRoute(app: App, service: Pick<RolesService, 'remove'>): void {
  app.delete(
    '/roles/:id',
    {
      config: { access: access.permission('roles:delete'), audit: 'role.deleted' },
      schema: {
        summary: 'Delete a role',
        description: 'Refused for system roles and while anybody has the role.',
        tags: ['roles'],
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
