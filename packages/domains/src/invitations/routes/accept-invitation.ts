import { access } from '@trellis/http/access';
import { routeCosts } from '@trellis/http/rate-limit';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { originOf } from '../../auth/origin-of.ts';
import { AcceptInvitationBody, JoinedReply } from '../schemas.ts';
import type { InvitationsService } from '../service.ts';

export function acceptInvitationRoute(app: App, service: Pick<InvitationsService, 'accept'>): void {
  app.post(
    '/invitations/accept',
    {
      config: { access: access.optional(), audit: 'invitation.accepted', limits: routeCosts.login },
      schema: {
        summary: 'Accept an invitation',
        description:
          'Joins the tenant with the token of the mailed link, which works once. Somebody new sends `name` and `password` as well, and so does the owner of an account without a password or with an address that was never verified, whose sessions then end. Everybody else shows that the account is theirs, by its current `password` or by an access token. The answer holds no tokens: log in, or switch to the tenant.',
        tags: ['invitations'],
        body: AcceptInvitationBody,
        response: replies({ 200: JoinedReply }, 401, 403, 409, 422, 429),
      },
    },
    (request) => service.accept(request.body, originOf(request), request.call),
  );
}
