import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { MeReply } from '../schemas.ts';
import type { AuthService } from '../service.ts';

export function getMeRoute(app: App, service: AuthService): void {
  app.get(
    '/me',
    {
      config: { access: access.session() },
      schema: {
        summary: 'Show who is logged in',
        description: 'The person, the tenant of the token, and the granted permissions.',
        tags: ['auth'],
        response: replies({ 200: MeReply }, 401, 403),
      },
    },
    async (request) => {
      const call = callOf(request);
      return { ...(await service.me(call)), permissions: [...call.permissions].sort() };
    },
  );
}
