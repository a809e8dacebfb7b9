import type { Tx } from '@trellis/db/tenant-db';
import type { Platform } from '../../platform.ts';
import { authErrors } from '../errors.ts';
import type { Origin } from '../origin.ts';
import { findPerson, listTenantsOf } from '../repository.ts';
import type { TokensReply } from '../schemas.ts';
import { announceEnd } from './announce-end.ts';
import { isGenuine, parseRefreshToken } from './refresh-token.ts';
import { lockSession, revokeSession, rotateSession, type Session } from './repository.ts';
import type { Holders, MakeTokens } from './token-pair.ts';

export interface RefreshSettings {
  sessionTtlSeconds: number;
  refreshGraceSeconds: number;
}

export type RefreshSession = (refreshToken: string, origin: Origin) => Promise<TokensReply>;

interface Needs extends Pick<Platform, 'db' | 'secrets' | 'clock' | 'changes' | 'log'> {
  makeTokens: MakeTokens;
}

/** The tokens; or the session that was ended, for the caller to throw once that is committed. */
type Refreshed = { tokens: TokensReply } | { stolen: Session };

export function createRefreshSession(needs: Needs, settings: RefreshSettings): RefreshSession {
  return async (refreshToken, origin) => {
    const result = await needs.db.asSystem((tx) =>
      refresh(needs, settings, tx, refreshToken, origin),
    );
    if ('tokens' in result) return result.tokens;
    const { id: sessionId, tenantId, userId } = result.stolen;
    needs.log.warn(
      { ...origin, sessionId, tenantId, userId },
      'A refresh token was used again, so its session was ended.',
    );
    throw authErrors.refresh_token_reused();
  };
}

async function refresh(
  needs: Needs,
  settings: RefreshSettings,
  tx: Tx,
  text: string,
  origin: Origin,
): Promise<Refreshed> {
  const { secrets, clock, makeTokens } = needs;
  const token = parseRefreshToken(text);
  const session = token && (await lockSession(tx, token.sessionId));
  if (!session || !isGenuine(secrets, token, session.seed)) {
    throw authErrors.refresh_token_invalid();
  }
  const now = clock.now();
  if (session.revokedAt || session.expiresAt <= now) throw authErrors.refresh_token_invalid();
  const verdict = judge(session, token.generation, now, settings);
  if (verdict === 'stolen') {
    await revokeSession(tx, session.id, now);
    await announceEnd(tx, needs, session, 'refresh_token_reused', origin);
    return { stolen: session };
  }
  const holders = await holdersOf(tx, session);
  if (verdict === 'repeat') return { tokens: await makeTokens(tx, session, holders) };
  const change = {
    generation: session.generation + 1,
    rotatedAt: now,
    expiresAt: new Date(now.getTime() + settings.sessionTtlSeconds * 1_000),
  };
  await rotateSession(tx, session.id, change);
  return { tokens: await makeTokens(tx, { ...session, ...change }, holders) };
}

function judge(
  session: Pick<Session, 'generation' | 'rotatedAt'>,
  generation: number,
  now: Date,
  { refreshGraceSeconds }: Pick<RefreshSettings, 'refreshGraceSeconds'>,
): 'rotate' | 'repeat' | 'stolen' {
  if (generation === session.generation) return 'rotate';
  const ageMs = now.getTime() - session.rotatedAt.getTime();
  const isInGrace = ageMs <= refreshGraceSeconds * 1_000;
  return generation === session.generation - 1 && isInGrace ? 'repeat' : 'stolen';
}

async function holdersOf(tx: Tx, { userId, tenantId }: Session): Promise<Holders> {
  const user = await findPerson(tx, userId);
  const tenants = await listTenantsOf(tx, userId);
  const tenant = tenants.find(({ id }) => id === tenantId);
  if (!user || user.disabledAt || !tenant) throw authErrors.refresh_token_invalid();
  if (tenant.status !== 'active') throw authErrors.tenant_suspended();
  return { user, tenant };
}
