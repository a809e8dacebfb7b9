import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { CreateInvitationBody, InvitationReply } from '../schemas.ts';
import type { InvitationsService } from '../service.ts';

export function createInvitationRoute(app: App, service: Pick<InvitationsService, 'create'>): void {
  app.post(
    '/invitations',
    {
      config: {
        access: access.permission('users:write'),
        audit: 'invitation.created',
        idempotent: true,
      },
      schema: {
        summary: 'Invite a person',
        description:
          'Mails a link with which the holder of the address joins the tenant, as `member` unless `roleIds` says otherwise. Nobody gives a role that holds more than they do. A pending invitation takes a place in the plan, and there is one for each address. One mail a minute goes to an address.',
        tags: ['invitations'],
        body: CreateInvitationBody,
        response: replies({ 201: InvitationReply }, 401, 403, 409, 422, 429),
      },
    },
    async (request, reply) => {
      const invitation = await service.create(callOf(request), request.body);
      return reply
        .code(201)
        .header('location', `/api/v1/invitations/${invitation.id}`)
        .send(invitation);
    },
  );
}
