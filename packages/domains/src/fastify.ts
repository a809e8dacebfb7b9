import type { ApiSettings } from '@trellis/config/settings';
import type { SignAccessToken } from './auth/access-token.ts';
import type { Authenticator } from './auth/authenticate.ts';
import type { Platform } from './platform.ts';

/** What the API decorates its instance with, for the plugins of the domains. */
declare module 'fastify' {
  interface FastifyInstance {
    platform: Platform;
    settings: ApiSettings;
    authenticator: Authenticator;
    /** Every permission that a route asks for, collected as the routes are mounted. */
    permissions: ReadonlySet<string>;
    /** Signs an access token. */
    signAccessToken: SignAccessToken;
  }
}
