import { access } from '@trellis/http/access';
import { routeCosts } from '@trellis/http/rate-limit';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { originOf } from '../origin-of.ts';
import { RefreshBody, TokensReply } from '../schemas.ts';
import type { AuthService } from '../service.ts';

export function refreshRoute(app: App, service: AuthService): void {
  app.post(
    '/refresh',
    {
      config: { access: access.public(), audit: 'session.ended', limits: routeCosts.refresh },
      schema: {
        summary: 'Refresh the tokens',
        description:
          'Rotates the refresh token. The token before the current one still gets the current one for a few seconds; an older one ends the session.',
        tags: ['auth'],
        security: [],
        body: RefreshBody,
        response: replies({ 200: TokensReply }, 401, 403),
      },
    },
    (request) => service.refresh(request.body.refreshToken, originOf(request)),
  );
}
