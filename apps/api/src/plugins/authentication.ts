import jwt from '@fastify/jwt';
import { commonErrors } from '@trellis/core/common-errors';
import { holdsPermission } from '@trellis/core/permissions';
import type { AccessTokenClaims } from '@trellis/domains/auth/access-token';
import { createAuthenticator } from '@trellis/domains/auth/authenticate';
import type { App } from '@trellis/http/types';
import type { FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';

/**
 * Turns the credential of a request into who calls, and holds it against what the route asks for.
 * A verified token is kept by its text; whether its session still stands is asked after that.
 */
async function authenticationPlugin(app: App): Promise<void> {
  const { platform } = app;
  await app.register(jwt, {
    secret: platform.secrets.derive('access-token'),
    sign: { algorithm: 'HS256', iss: 'trellis' },
    verify: { algorithms: ['HS256'], allowedIss: 'trellis', cache: 10_000, cacheTTL: 60_000 },
  });
  const authenticator = createAuthenticator(platform.db, platform.changes);
  app.decorate('authenticator', authenticator);
  app.decorate('signAccessToken', (claims, ttlSeconds) =>
    app.jwt.sign(claims, { expiresIn: ttlSeconds }),
  );
  app.decorateRequest('call', null);

  app.addHook('onRequest', async (request) => {
    const needed = request.routeOptions.config.access;
    if (!needed || needed.kind === 'public') return;
    if (needed.kind === 'optional' && request.headers.authorization === undefined) return;
    const claims = verify(app, request);
    const permissions = await authenticator.authorize(claims);
    request.call = {
      tenantId: claims.tid,
      actor: { type: 'user', id: claims.sub },
      sessionId: claims.sid,
      permissions,
      requestId: request.id,
      ip: request.ip,
      userAgent: request.headers['user-agent'] ?? null,
    };
    if (needed.kind === 'permission' && !holdsPermission(permissions, needed.permission)) {
      throw commonErrors.forbidden(`The permission "${needed.permission}" is needed.`);
    }
  });
}

function verify(app: App, request: FastifyRequest): AccessTokenClaims {
  const [scheme = '', token = ''] = (request.headers.authorization ?? '').split(' ', 2);
  if (scheme.toLowerCase() !== 'bearer' || token === '') {
    throw commonErrors.unauthenticated('Send `Authorization: Bearer <access token>`.');
  }
  try {
    return app.jwt.verify<AccessTokenClaims>(token);
  } catch (cause) {
    throw commonErrors.unauthenticated('The access token is not valid or has expired.', { cause });
  }
}

export default plugin(authenticationPlugin, {
  name: 'authentication',
  // What it refuses must leave with the headers of these two as well.
  dependencies: ['platform', 'security-headers', 'cors'],
});
