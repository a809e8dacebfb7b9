import type { App } from '@trellis/http/types';
import { createMailLinks } from '../email/mail-links.ts';
import type {} from '../fastify.ts';
import { acceptInvitationRoute } from './routes/accept-invitation.ts';
import { createInvitationRoute } from './routes/create-invitation.ts';
import { deleteInvitationRoute } from './routes/delete-invitation.ts';
import { getInvitationRoute } from './routes/get-invitation.ts';
import { listInvitationsRoute } from './routes/list-invitations.ts';
import { sendInvitationRoute } from './routes/send-invitation.ts';
import { createInvitationsService } from './service.ts';

export default async function invitationsPlugin(app: App): Promise<void> {
  const { platform, settings } = app;
  const service = createInvitationsService({
    ...platform,
    ttlSeconds: settings.INVITATION_TTL_SECONDS,
    links: createMailLinks(settings),
    mailsPerHourMax: settings.INVITATIONS_PER_HOUR_MAX,
    throttle: app.loginThrottle,
  });
  listInvitationsRoute(app, service);
  createInvitationRoute(app, service);
  getInvitationRoute(app, service);
  sendInvitationRoute(app, service);
  deleteInvitationRoute(app, service);
  acceptInvitationRoute(app, service);
}
