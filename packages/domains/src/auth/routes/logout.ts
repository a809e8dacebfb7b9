import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { NoContent, replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import type { OwnSessions } from '../sessions/own-sessions.ts';

export function logoutRoute(app: App, sessions: OwnSessions): void {
  app.post(
    '/logout',
    {
      config: { access: access.session(), audit: 'session.ended' },
      schema: {
        summary: 'Log out',
        description: 'Ends the session: its access token is refused at once, in every process.',
        tags: ['auth'],
        response: replies({ 204: NoContent }, 401, 403),
      },
    },
    async (request, reply) => {
      await sessions.logout(callOf(request));
      return reply.code(204).send(null);
    },
  );
}
