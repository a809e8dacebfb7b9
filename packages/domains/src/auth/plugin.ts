import type { App } from '@trellis/http/types';
import { createMailLinks } from '../email/mail-links.ts';
import type {} from '../fastify.ts';
import { getMeRoute } from './routes/get-me.ts';
import { loginRoute } from './routes/login.ts';
import { logoutRoute } from './routes/logout.ts';
import { refreshRoute } from './routes/refresh.ts';
import { registerRoute } from './routes/register.ts';
import { createAuthService } from './service.ts';

export const autoPrefix = '/auth';

export default async function authPlugin(app: App): Promise<void> {
  const service = createAuthService(app.platform, {
    accessTokenTtlSeconds: app.settings.ACCESS_TOKEN_TTL_SECONDS,
    sessionTtlSeconds: app.settings.SESSION_TTL_SECONDS,
    refreshGraceSeconds: app.settings.REFRESH_GRACE_SECONDS,
    signAccessToken: app.signAccessToken,
    verifyEmailTtlSeconds: app.settings.VERIFY_EMAIL_TTL_SECONDS,
    links: createMailLinks(app.settings),
  });
  registerRoute(app, service);
  loginRoute(app, service);
  refreshRoute(app, service);
  logoutRoute(app, service);
  getMeRoute(app, service);
}
