import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { routeCosts } from '@trellis/http/rate-limit';
import { NoBody, replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import type { EmailVerification } from '../verification/email-verification.ts';

export function sendVerificationRoute(app: App, service: EmailVerification): void {
  app.post(
    '/email/verification',
    {
      config: {
        access: access.session(),
        audit: 'user.verification_requested',
        limits: routeCosts.mail,
      },
      schema: {
        summary: 'Send the link that verifies your e-mail',
        description:
          'Mails another link, once a minute at most; those that were sent before go on working.',
        tags: ['auth'],
        response: replies({ 202: NoBody }, 401, 403, 409, 429),
      },
    },
    async (request, reply) => {
      await service.sendLink(callOf(request));
      return reply.code(202).send();
    },
  );
}
