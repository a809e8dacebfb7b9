import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { routeCosts } from '@trellis/http/rate-limit';
import { NoContent, replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { DisableMfaBody } from '../account-schemas.ts';
import type { SecondFactorService } from '../second-factor/service.ts';

export function disableMfaRoute(app: App, service: SecondFactorService): void {
  app.post(
    '/mfa/disable',
    {
      config: { access: access.session(), audit: 'user.mfa_disabled', limits: routeCosts.login },
      schema: {
        summary: 'Disable the second factor',
        description: 'Asks for the password and a code, of the app or for recovery.',
        tags: ['auth'],
        body: DisableMfaBody,
        response: replies({ 204: NoContent }, 401, 403, 409, 422, 429),
      },
    },
    async (request, reply) => {
      await service.disable(callOf(request), request.body);
      return reply.code(204).send(null);
    },
  );
}
