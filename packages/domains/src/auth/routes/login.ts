import { access } from '@trellis/http/access';
import { routeCosts } from '@trellis/http/rate-limit';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { originOf } from '../origin-of.ts';
import { LoginBody, TokensReply } from '../schemas.ts';
import type { AuthService } from '../service.ts';

export function loginRoute(app: App, service: AuthService): void {
  app.post(
    '/login',
    {
      config: { access: access.public(), audit: 'session.created', limits: routeCosts.login },
      schema: {
        summary: 'Log in',
        description:
          'Opens a session in one tenant; without `tenantId`, the one joined first. After several failures the account, or the address that the call comes from, has to wait. A person with a second factor gets 401 `mfa_required` without `code`.',
        tags: ['auth'],
        security: [],
        body: LoginBody,
        response: replies({ 200: TokensReply }, 401, 403, 429),
      },
    },
    (request) => service.login(request.body, originOf(request)),
  );
}
