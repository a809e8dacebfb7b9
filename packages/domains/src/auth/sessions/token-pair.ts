import type { SecretBox } from '@trellis/core/secret-box';
import type { Tx } from '@trellis/db/tenant-db';
import type { Person } from '../../users/create-person.ts';
import type { SignAccessToken } from '../access-token.ts';
import type { TenantOfPerson } from '../repository.ts';
import type { TokensReply } from '../schemas.ts';
import { makeRefreshToken } from './refresh-token.ts';
import type { Session } from './repository.ts';

/** Who a session is for, and where. */
export interface Holders {
  user: Pick<Person, 'id' | 'email' | 'name'>;
  tenant: Pick<TenantOfPerson, 'id' | 'name' | 'slug'>;
}

/** The tokens of a session as it is now. */
export type MakeTokens = (tx: Tx, session: Session, holders: Holders) => Promise<TokensReply>;

export interface TokenSettings {
  accessTokenTtlSeconds: number;
  signAccessToken: SignAccessToken;
}

export function createMakeTokens(
  secrets: Pick<SecretBox, 'sign'>,
  { accessTokenTtlSeconds, signAccessToken }: TokenSettings,
): MakeTokens {
  return async (tx, { id, seed, generation }, { user, tenant }) => ({
    user: { id: user.id, email: user.email, name: user.name },
    tenant: { id: tenant.id, name: tenant.name, slug: tenant.slug },
    accessToken: await signAccessToken(
      tx,
      { sub: user.id, tid: tenant.id, sid: id },
      accessTokenTtlSeconds,
    ),
    refreshToken: makeRefreshToken(secrets, { sessionId: id, generation }, seed),
    expiresIn: accessTokenTtlSeconds,
  });
}
