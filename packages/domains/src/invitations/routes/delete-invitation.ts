import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { NoContent, replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import type { InvitationsService } from '../service.ts';

export function deleteInvitationRoute(app: App, service: Pick<InvitationsService, 'remove'>): void {
  app.delete(
    '/invitations/:id',
    {
      config: { access: access.permission('users:write'), audit: 'invitation.deleted' },
      schema: {
        summary: 'Withdraw an invitation',
        description: 'Its link stops working, and its place in the plan is free again.',
        tags: ['invitations'],
        params: IdParams,
        response: replies({ 204: NoContent }, 401, 403, 404),
      },
    },
    async (request, reply) => {
      await service.remove(callOf(request), request.params.id);
      return reply.code(204).send(null);
    },
  );
}
