import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { InvitationReply } from '../schemas.ts';
import type { InvitationsService } from '../service.ts';

export function getInvitationRoute(app: App, service: Pick<InvitationsService, 'get'>): void {
  app.get(
    '/invitations/:id',
    {
      config: { access: access.permission('users:read') },
      schema: {
        summary: 'Show an invitation',
        description: 'While it can be accepted. `roles` are those that it would give now.',
        tags: ['invitations'],
        params: IdParams,
        response: replies({ 200: InvitationReply }, 401, 403, 404),
      },
    },
    (request) => service.get(callOf(request), request.params.id),
  );
}
