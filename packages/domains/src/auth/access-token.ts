/** What an access token says, beside when it ends. */
export interface AccessTokenClaims {
  /** The user. */
  sub: string;
  /** The tenant. */
  tid: string;
  /** The session. */
  sid: string;
}

export type SignAccessToken = (claims: AccessTokenClaims, ttlSeconds: number) => string;
