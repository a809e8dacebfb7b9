import type { Tx } from '@trellis/db/tenant-db';
import type { PublishedKey } from './schemas.ts';

/** One key, as a JWT library takes it: PEM for ES256, the bytes of the secret for HS256. */
export interface TokenKey {
  /** The `kid` of the tokens (RFC 7515, 4.1.4). */
  id: string;
  key: string | Buffer;
}

/** What signs the access tokens, and what verifies them. */
export interface TokenKeys {
  /** What signs at this moment. Takes a system transaction, in which the first key is made. */
  signingKey(tx: Tx): Promise<TokenKey>;
  /**
   * What verifies the tokens with this `kid`; undefined when it is unknown or retired. An unknown
   * one is looked for, so this throws while Postgres is away.
   */
  verificationKey(id: string): Promise<TokenKey | undefined>;
  /** Whether the key verifies at this moment; from memory, for tokens that were verified before. */
  isAccepted(id: string): boolean;
  /** What other services verify with. */
  published(): Promise<PublishedKey[]>;
}
