import { access } from '@trellis/http/access';
import { routeCosts } from '@trellis/http/rate-limit';
import { NoContent, replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { VerifyEmailBody } from '../account-schemas.ts';
import { originOf } from '../origin-of.ts';
import type { EmailVerification } from '../verification/email-verification.ts';

export function verifyEmailRoute(app: App, service: EmailVerification): void {
  app.post(
    '/email/verify',
    {
      config: { access: access.public(), audit: 'user.email_verified', limits: routeCosts.login },
      schema: {
        summary: 'Verify an e-mail',
        description: 'Takes the token of a mailed link, which works once.',
        tags: ['auth'],
        security: [],
        body: VerifyEmailBody,
        response: replies({ 204: NoContent }, 422),
      },
    },
    async (request, reply) => {
      await service.verify(request.body.token, originOf(request));
      return reply.code(204).send(null);
    },
  );
}
