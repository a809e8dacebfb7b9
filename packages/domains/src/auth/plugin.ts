import type { App } from '@trellis/http/types';
import { createMailLinks } from '../email/mail-links.ts';
import type {} from '../fastify.ts';
import { createLoginDenials } from './log-in/login-denials.ts';
import { mountAccount } from './mount-account.ts';
import { mountOwnSessions } from './mount-own-sessions.ts';
import { getMeRoute } from './routes/get-me.ts';
import { loginRoute } from './routes/login.ts';
import { refreshRoute } from './routes/refresh.ts';
import { registerRoute } from './routes/register.ts';
import { createAuthService } from './service.ts';
import { createOwnSessions } from './sessions/own-sessions.ts';
import { createSessions } from './sessions/sessions.ts';
import { createEmailVerification } from './verification/email-verification.ts';

export const autoPrefix = '/auth';

export default async function authPlugin(app: App): Promise<void> {
  const { platform, settings, loginThrottle: throttle } = app;
  const denials = createLoginDenials(platform);
  const sessions = createSessions(platform, {
    accessTokenTtlSeconds: settings.ACCESS_TOKEN_TTL_SECONDS,
    sessionTtlSeconds: settings.SESSION_TTL_SECONDS,
    refreshGraceSeconds: settings.REFRESH_GRACE_SECONDS,
    sessionsMax: settings.SESSIONS_MAX,
    signAccessToken: app.signAccessToken,
  });
  const verification = createEmailVerification(platform, {
    verifyEmailTtlSeconds: settings.VERIFY_EMAIL_TTL_SECONDS,
    links: createMailLinks(settings),
  });
  const service = createAuthService({ ...platform, sessions, throttle, denials, verification });
  app.addHook('onClose', () => denials.close());
  registerRoute(app, service);
  loginRoute(app, service);
  refreshRoute(app, service);
  getMeRoute(app, service);
  mountOwnSessions(app, createOwnSessions({ ...platform, sessions }));
  mountAccount(app, verification);
}
