import { access } from '@trellis/http/access';
import { routeCosts } from '@trellis/http/rate-limit';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { originOf } from '../origin-of.ts';
import { RegisterBody, TokensReply } from '../schemas.ts';
import type { AuthService } from '../service.ts';

export function registerRoute(app: App, service: AuthService): void {
  app.post(
    '/register',
    {
      config: { access: access.public(), audit: 'tenant.registered', limits: routeCosts.register },
      schema: {
        summary: 'Sign up a tenant',
        description: 'Makes a tenant and the person who owns it, and logs that person in.',
        tags: ['auth'],
        security: [],
        body: RegisterBody,
        response: replies({ 201: TokensReply }, 409),
      },
    },
    async (request, reply) => {
      const tokens = await service.register(request.body, originOf(request));
      return reply.code(201).header('location', '/api/v1/tenant').send(tokens);
    },
  );
}
