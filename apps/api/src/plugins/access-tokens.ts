import jwt from '@fastify/jwt';
import { commonErrors } from '@trellis/core/common-errors';
import type { AccessTokenClaims } from '@trellis/domains/auth/access-token';
import { createTokenKeys } from '@trellis/domains/signing-keys/create-token-keys';
import type { App } from '@trellis/http/types';
import plugin from 'fastify-plugin';
import type { PluginOptions } from './platform.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Throws `unauthenticated`; what a session may do is not part of it. */
    verifyAccessToken(token: string): Promise<AccessTokenClaims>;
  }
}

interface Verified {
  header: { kid: string };
  payload: AccessTokenClaims;
}

const refusal = 'The access token is not valid or has expired.';

/**
 * Signs and verifies access tokens (RFC 7519), with one algorithm: a token that names another is
 * refused. A verified token is kept by its text for a minute, with the key that it was verified
 * with, so that it ends with the key.
 */
async function accessTokensPlugin(app: App, { settings }: PluginOptions): Promise<void> {
  const algorithm = settings.ACCESS_TOKEN_ALGORITHM;
  const keys = createTokenKeys(algorithm, app.platform);
  app.decorate('tokenKeys', keys);

  await app.register(jwt, {
    secret: async ({ header }: { header: { kid?: unknown } }) => {
      const found = await keys.verificationKey(String(header.kid));
      if (!found) throw commonErrors.unauthenticated(refusal);
      return found.key;
    },
    sign: { algorithm, iss: 'trellis' },
    verify: {
      algorithms: [algorithm],
      allowedIss: 'trellis',
      cache: 10_000,
      cacheTTL: 60_000,
      complete: true,
    },
  });

  app.decorate('signAccessToken', async (tx, claims, ttlSeconds) => {
    const { id, key } = await keys.signingKey(tx);
    return app.jwt.sign(claims, { key, kid: id, expiresIn: ttlSeconds });
  });
  app.decorate('verifyAccessToken', async (token) => {
    const { header, payload } = await verify(app, token);
    if (!keys.isAccepted(header.kid)) throw commonErrors.unauthenticated(refusal);
    return payload;
  });
}

async function verify(app: App, token: string): Promise<Verified> {
  try {
    return await app.jwt.verify<Verified>(token);
  } catch (cause) {
    const { originalError } = cause as { originalError?: unknown };
    // That a key could not be looked for says nothing about the token.
    if (originalError) throw originalError;
    throw commonErrors.unauthenticated(refusal, { cause });
  }
}

export default plugin(accessTokensPlugin, { name: 'access-tokens', dependencies: ['platform'] });
