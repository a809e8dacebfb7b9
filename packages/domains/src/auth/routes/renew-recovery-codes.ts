import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { routeCosts } from '@trellis/http/rate-limit';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { MfaCodeBody, RecoveryCodesReply } from '../account-schemas.ts';
import type { SecondFactorService } from '../second-factor/service.ts';

export function renewRecoveryCodesRoute(app: App, service: SecondFactorService): void {
  app.post(
    '/mfa/recovery-codes',
    {
      config: {
        access: access.session(),
        audit: 'user.recovery_codes_renewed',
        idempotent: true,
        limits: routeCosts.login,
      },
      schema: {
        summary: 'Make new recovery codes',
        description: 'Asks for a code, of the app or for recovery. Those of before stop working.',
        tags: ['auth'],
        body: MfaCodeBody,
        response: replies({ 200: RecoveryCodesReply }, 401, 403, 409, 422, 429),
      },
    },
    async (request) => ({
      recoveryCodes: await service.renewRecoveryCodes(callOf(request), request.body.code),
    }),
  );
}
