import { type Static, Type } from '@sinclair/typebox';

/** A public key of P-256 (RFC 7517, 7518). */
export const PublishedKey = Type.Object({
  kty: Type.Literal('EC'),
  crv: Type.Literal('P-256'),
  x: Type.String({ examples: ['MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4'] }),
  y: Type.String({ examples: ['4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM'] }),
  kid: Type.String({ examples: ['0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10'] }),
  use: Type.Literal('sig'),
  alg: Type.Literal('ES256'),
});
export type PublishedKey = Static<typeof PublishedKey>;

export const JwksReply = Type.Object({
  keys: Type.Array(PublishedKey, {
    description: 'Empty when access tokens are signed with HS256, which others cannot verify.',
  }),
});
