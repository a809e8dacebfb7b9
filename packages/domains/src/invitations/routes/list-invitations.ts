import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { PageOf, PageQuery } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { InvitationReply } from '../schemas.ts';
import type { InvitationsService } from '../service.ts';

export function listInvitationsRoute(app: App, service: Pick<InvitationsService, 'list'>): void {
  app.get(
    '/invitations',
    {
      config: { access: access.permission('users:read') },
      schema: {
        summary: 'List the invitations',
        description:
          'Those that can still be accepted, the newest first. One that was accepted or has expired is gone.',
        tags: ['invitations'],
        querystring: PageQuery,
        response: replies({ 200: PageOf(InvitationReply) }, 401, 403),
      },
    },
    (request) => service.list(callOf(request), request.query),
  );
}
