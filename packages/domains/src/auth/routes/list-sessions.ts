import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { PageOf, PageQuery } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { SessionReply } from '../schemas.ts';
import type { OwnSessions } from '../sessions/own-sessions.ts';

export function listSessionsRoute(app: App, sessions: OwnSessions): void {
  app.get(
    '/sessions',
    {
      config: { access: access.session() },
      schema: {
        summary: 'List your sessions',
        description: 'In all tenants, the newest first; those that have ended are left out.',
        tags: ['auth'],
        querystring: PageQuery,
        response: replies({ 200: PageOf(SessionReply) }, 401, 403),
      },
    },
    (request) => sessions.list(callOf(request), request.query),
  );
}
