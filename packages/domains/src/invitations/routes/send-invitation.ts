import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { InvitationReply } from '../schemas.ts';
import type { InvitationsService } from '../service.ts';

export function sendInvitationRoute(app: App, service: Pick<InvitationsService, 'send'>): void {
  app.post(
    '/invitations/:id/send',
    {
      config: {
        access: access.permission('users:write'),
        audit: 'invitation.sent',
        idempotent: true,
      },
      schema: {
        summary: 'Send an invitation again',
        description:
          'Mails a new link, which works for as long as a first one would. The link before it stops working. One mail a minute goes to an address.',
        tags: ['invitations'],
        params: IdParams,
        response: replies({ 202: InvitationReply }, 401, 403, 404, 409, 429),
      },
    },
    async (request, reply) => {
      const invitation = await service.send(callOf(request), request.params.id);
      return reply.code(202).send(invitation);
    },
  );
}
