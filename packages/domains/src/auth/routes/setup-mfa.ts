import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { routeCosts } from '@trellis/http/rate-limit';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { MfaSetupReply, SetupMfaBody } from '../account-schemas.ts';
import type { SecondFactorService } from '../second-factor/service.ts';

export function setupMfaRoute(app: App, service: SecondFactorService): void {
  app.post(
    '/mfa/setup',
    {
      config: {
        access: access.session(),
        audit: 'user.mfa_prepared',
        idempotent: true,
        limits: routeCosts.login,
      },
      schema: {
        summary: 'Set up a second factor',
        description:
          'Asks for the password and for an address that was verified, and answers a secret for an authenticator app (TOTP, RFC 6238) in place of an earlier one. Logging in asks for nothing more until the factor is enabled with a code.',
        tags: ['auth'],
        body: SetupMfaBody,
        response: replies({ 200: MfaSetupReply }, 401, 403, 409, 422, 429),
      },
    },
    (request) => service.setUp(callOf(request), request.body.password),
  );
}
