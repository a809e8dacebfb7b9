import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { routeCosts } from '@trellis/http/rate-limit';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { MfaCodeBody, RecoveryCodesReply } from '../account-schemas.ts';
import type { SecondFactorService } from '../second-factor/service.ts';

export function enableMfaRoute(app: App, service: SecondFactorService): void {
  app.post(
    '/mfa/enable',
    {
      config: {
        access: access.session(),
        audit: 'user.mfa_enabled',
        idempotent: true,
        limits: routeCosts.login,
      },
      schema: {
        summary: 'Enable the second factor',
        description:
          'Takes a code of the app, which proves that the app has the secret. From then on logging in asks for a code.',
        tags: ['auth'],
        body: MfaCodeBody,
        response: replies({ 200: RecoveryCodesReply }, 401, 403, 409, 422, 429),
      },
    },
    async (request) => ({
      recoveryCodes: await service.enable(callOf(request), request.body.code),
    }),
  );
}
