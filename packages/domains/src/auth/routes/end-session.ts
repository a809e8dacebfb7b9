import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { NoContent, replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import type { OwnSessions } from '../sessions/own-sessions.ts';

export function endSessionRoute(app: App, sessions: OwnSessions): void {
  app.delete(
    '/sessions/:id',
    {
      config: { access: access.session(), audit: 'session.ended' },
      schema: {
        summary: 'End one of your sessions',
        description:
          'In whatever tenant it is: its access token is refused at once, in every process.',
        tags: ['auth'],
        params: IdParams,
        response: replies({ 204: NoContent }, 401, 403, 404),
      },
    },
    async (request, reply) => {
      await sessions.end(callOf(request), request.params.id);
      return reply.code(204).send(null);
    },
  );
}
