import type { App } from '@trellis/http/types';
import { createMailLinks } from '../email/mail-links.ts';
import type {} from '../fastify.ts';
import { createChangePassword } from './passwords/change-password.ts';
import { createPasswordRecovery } from './passwords/password-recovery.ts';
import { changePasswordRoute } from './routes/change-password.ts';
import { disableMfaRoute } from './routes/disable-mfa.ts';
import { enableMfaRoute } from './routes/enable-mfa.ts';
import { forgotPasswordRoute } from './routes/forgot-password.ts';
import { renewRecoveryCodesRoute } from './routes/renew-recovery-codes.ts';
import { resetPasswordRoute } from './routes/reset-password.ts';
import { sendVerificationRoute } from './routes/send-verification.ts';
import { setupMfaRoute } from './routes/setup-mfa.ts';
import { verifyEmailRoute } from './routes/verify-email.ts';
import { createSecondFactor } from './second-factor/service.ts';
import type { EmailVerification } from './verification/email-verification.ts';

/** The routes by which people look after their own account: password, e-mail, second factor. */
export function mountAccount(app: App, verification: EmailVerification): void {
  const { platform, settings, loginThrottle: throttle } = app;

  const recovery = createPasswordRecovery(platform, throttle, {
    resetPasswordTtlSeconds: settings.RESET_PASSWORD_TTL_SECONDS,
    links: createMailLinks(settings),
  });
  forgotPasswordRoute(app, recovery);
  resetPasswordRoute(app, recovery);
  changePasswordRoute(app, createChangePassword(platform, throttle));

  verifyEmailRoute(app, verification);
  sendVerificationRoute(app, verification);

  const secondFactor = createSecondFactor(platform, throttle, { issuer: settings.MFA_ISSUER });
  setupMfaRoute(app, secondFactor);
  enableMfaRoute(app, secondFactor);
  disableMfaRoute(app, secondFactor);
  renewRecoveryCodesRoute(app, secondFactor);
}
