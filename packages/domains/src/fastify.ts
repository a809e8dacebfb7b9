import type { ApiSettings } from '@trellis/config/settings';
import type { SignAccessToken } from './auth/access-token.ts';
import type { LoginThrottle } from './auth/throttle/login-throttle.ts';
import type { Platform } from './platform.ts';
import type { RateLimits } from './rate-limits.ts';
import type { TokenKeys } from './signing-keys/token-keys.ts';

/** What the API decorates its instance with, for the plugins of the domains. */
declare module 'fastify' {
  interface FastifyInstance {
    platform: Platform;
    settings: ApiSettings;
    /** Every permission that a route asks for, collected as the routes are mounted. */
    permissions: ReadonlySet<string>;
    /** What access tokens are signed and verified with. */
    tokenKeys: TokenKeys;
    signAccessToken: SignAccessToken;
    /** Slows down who guesses passwords or codes. */
    loginThrottle: LoginThrottle;
    rateLimits: RateLimits;
    /**
     * For what no route gets to count: a caller who is refused counts for the address, or when it
     * is known who calls for the tenant. Throws `rate_limited` (429) when there is no room.
     */
    limitRefused: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  }
}
