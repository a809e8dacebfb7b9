import { access } from '@trellis/http/access';
import { routeCosts } from '@trellis/http/rate-limit';
import { NoBody, replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { ForgotPasswordBody } from '../account-schemas.ts';
import { originOf } from '../origin-of.ts';
import type { PasswordRecovery } from '../passwords/password-recovery.ts';

export function forgotPasswordRoute(app: App, service: PasswordRecovery): void {
  app.post(
    '/password/forgot',
    {
      // Nothing changes here; who has an account must not be told by an audit trail either.
      config: { access: access.public(), audit: false, limits: routeCosts.mail },
      schema: {
        summary: 'Ask for a link to reset the password',
        description:
          'Mails a link to the person of this address, once a minute at most. The answer is the same when there is no such person. After many requests the address that the call comes from has to wait.',
        tags: ['auth'],
        security: [],
        body: ForgotPasswordBody,
        response: replies({ 202: NoBody }, 429),
      },
    },
    async (request, reply) => {
      await service.forgot(request.body.email, originOf(request));
      return reply.code(202).send();
    },
  );
}
