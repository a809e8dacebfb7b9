import type { Tx } from '@trellis/db/tenant-db';

/** What an access token says, beside when it ends. */
export interface AccessTokenClaims {
  /** The user. */
  sub: string;
  /** The tenant. */
  tid: string;
  /** The session. */
  sid: string;
}

/**
 * Signs inside the transaction that opens or refreshes the session, a system one: the first
 * signing key of an installation is made in it.
 */
export type SignAccessToken = (
  tx: Tx,
  claims: AccessTokenClaims,
  ttlSeconds: number,
) => Promise<string>;
