import { access } from '@trellis/http/access';
import { routeCosts } from '@trellis/http/rate-limit';
import { NoContent, replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { ResetPasswordBody } from '../account-schemas.ts';
import { originOf } from '../origin-of.ts';
import type { PasswordRecovery } from '../passwords/password-recovery.ts';

export function resetPasswordRoute(app: App, service: PasswordRecovery): void {
  app.post(
    '/password/reset',
    {
      config: { access: access.public(), audit: 'user.password_reset', limits: routeCosts.login },
      schema: {
        summary: 'Reset the password',
        description:
          'Sets a new password with the token of a mailed link, which works once. All sessions of the person end, in every tenant, and the e-mail counts as verified.',
        tags: ['auth'],
        security: [],
        body: ResetPasswordBody,
        response: replies({ 204: NoContent }, 422),
      },
    },
    async (request, reply) => {
      await service.reset(request.body, originOf(request));
      return reply.code(204).send(null);
    },
  );
}
