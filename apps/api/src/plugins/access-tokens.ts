import jwt from '@fastify/jwt';
import { commonErrors } from '@trellis/core/common-errors';
import type { AccessTokenClaims } from '@trellis/domains/auth/access-token';
import { createTokenKeys } from '@trellis/domains/signing-keys/create-token-keys';
import type { App } from '@trellis/http/types';
import plugin from 'fastify-plugin';
import { keepVerifiedTokens, type VerifiedToken } from '../verified-tokens.ts';
import type { PluginOptions } from './platform.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Throws `unauthenticated`; what a session may do is not part of it. */
    verifyAccessToken(token: string): Promise<AccessTokenClaims>;
    /** The same without a promise; undefined when the token has to be verified. */
    peekAccessToken(token: string): AccessTokenClaims | undefined;
  }
}

const refusal = 'The access token is not valid or has expired.';

/**
 * Signs and verifies access tokens (RFC 7519), with one algorithm: a token that names another is
 * refused. What a verified token says is kept for a minute, with the key that it was verified with,
 * so that it ends with the key.
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
      complete: true,
    },
  });

  app.decorate('signAccessToken', async (tx, claims, ttlSeconds) => {
    const { id, key } = await keys.signingKey(tx);
    return app.jwt.sign(claims, { key, kid: id, expiresIn: ttlSeconds });
  });
  const verified = keepVerifiedTokens((token) => verify(app, token), {
    keptMs: 60_000,
    keptMax: 10_000,
  });
  app.decorate('verifyAccessToken', async (token) => {
    const { kid, claims } = await verified.get(token);
    if (!keys.isAccepted(kid)) throw commonErrors.unauthenticated(refusal);
    return claims;
  });
  app.decorate('peekAccessToken', (token) => {
    const known = verified.peek(token);
    return known && keys.isAccepted(known.kid) ? known.claims : undefined;
  });
}

interface Complete {
  header: { kid: string };
  payload: AccessTokenClaims & { exp: number };
}

async function verify(app: App, token: string): Promise<VerifiedToken> {
  try {
    const { header, payload } = await app.jwt.verify<Complete>(token);
    return { kid: header.kid, claims: payload, exp: payload.exp };
  } catch (cause) {
    const { originalError } = cause as { originalError?: unknown };
    // That a key could not be looked for says nothing about the token.
    if (originalError) throw originalError;
    throw commonErrors.unauthenticated(refusal, { cause });
  }
}

export default plugin(accessTokensPlugin, { name: 'access-tokens', dependencies: ['platform'] });
