import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { routeCosts } from '@trellis/http/rate-limit';
import { NoContent, replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { ChangePasswordBody } from '../account-schemas.ts';
import type { ChangePassword } from '../passwords/change-password.ts';

export function changePasswordRoute(app: App, changePassword: ChangePassword): void {
  app.post(
    '/password/change',
    {
      config: {
        access: access.session(),
        audit: 'user.password_changed',
        limits: routeCosts.login,
      },
      schema: {
        summary: 'Change your password',
        description:
          'Asks for the current password; wrong ones are held back as those of log-in. All other sessions of the person end, in every tenant.',
        tags: ['auth'],
        body: ChangePasswordBody,
        response: replies({ 204: NoContent }, 401, 403, 422, 429),
      },
    },
    async (request, reply) => {
      await changePassword(callOf(request), request.body);
      return reply.code(204).send(null);
    },
  );
}
