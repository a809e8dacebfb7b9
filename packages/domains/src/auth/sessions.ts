import { randomBytes } from 'node:crypto';
import { newId } from '@trellis/core/ids';
import type { Tx } from '@trellis/db/tenant-db';
import type { Platform } from '../platform.ts';
import type { SignAccessToken } from './access-token.ts';
import { endStolenSession } from './end-stolen-session.ts';
import { authErrors } from './errors.ts';
import type { Origin } from './origin.ts';
import { isGenuine, makeRefreshToken, parseRefreshToken } from './refresh-token.ts';
import {
  findPerson,
  insertSession,
  listTenantsOf,
  lockSession,
  type Person,
  rotateSession,
  type Session,
  type TenantOfPerson,
} from './repository.ts';
import type { TokensReply } from './schemas.ts';

export interface SessionSettings {
  accessTokenTtlSeconds: number;
  sessionTtlSeconds: number;
  refreshGraceSeconds: number;
  signAccessToken: SignAccessToken;
}

type Needs = Pick<Platform, 'db' | 'secrets' | 'clock' | 'changes' | 'log'>;
type TenantName = Pick<TenantOfPerson, 'id' | 'name' | 'slug'>;

/** The tokens; or the session that was ended, for the caller to throw once that is committed. */
type Refreshed = { tokens: TokensReply } | { stolen: Session };

/** Sessions and the pairs of tokens that they give out. */
export interface Sessions {
  open(
    tx: Tx,
    user: Person,
    tenant: TenantName,
    origin: Origin,
  ): Promise<{ sessionId: string; tokens: TokensReply }>;
  /**
   * Rotates. The token one step behind gets the current one for a short grace, because several
   * tabs refresh at once; anything older means theft and ends the session (RFC 9700, 4.14.2).
   * Throws `refresh_token_reused` for that, after it was audited and logged.
   */
  refresh(refreshToken: string, origin: Origin): Promise<TokensReply>;
}

export function createSessions(needs: Needs, settings: SessionSettings): Sessions {
  const { db, secrets, clock, log } = needs;
  const expiry = () => new Date(clock.now().getTime() + settings.sessionTtlSeconds * 1_000);

  const tokens = (user: Person, tenant: TenantName, session: Session): TokensReply => ({
    user: { id: user.id, email: user.email, name: user.name },
    tenant: { id: tenant.id, name: tenant.name, slug: tenant.slug },
    accessToken: settings.signAccessToken(
      { sub: user.id, tid: tenant.id, sid: session.id },
      settings.accessTokenTtlSeconds,
    ),
    refreshToken: makeRefreshToken(
      secrets,
      { sessionId: session.id, generation: session.generation },
      session.seed,
    ),
    expiresIn: settings.accessTokenTtlSeconds,
  });

  const judge = (session: Session, generation: number): 'rotate' | 'repeat' | 'stolen' => {
    if (generation === session.generation) return 'rotate';
    const age = clock.now().getTime() - session.rotatedAt.getTime();
    const inGrace = age <= settings.refreshGraceSeconds * 1_000;
    return generation === session.generation - 1 && inGrace ? 'repeat' : 'stolen';
  };

  const holders = async (tx: Tx, session: Session) => {
    const user = await findPerson(tx, session.userId);
    const tenants = await listTenantsOf(tx, session.userId);
    const tenant = tenants.find((candidate) => candidate.id === session.tenantId);
    if (!user || user.disabledAt || !tenant) throw authErrors.refresh_token_invalid();
    if (tenant.status !== 'active') throw authErrors.tenant_suspended();
    return { user, tenant };
  };

  const refreshIn = async (tx: Tx, text: string, origin: Origin): Promise<Refreshed> => {
    const token = parseRefreshToken(text);
    const session = token && (await lockSession(tx, token.sessionId));
    if (!session || !isGenuine(secrets, token, session.seed)) {
      throw authErrors.refresh_token_invalid();
    }
    if (session.revokedAt || session.expiresAt <= clock.now()) {
      throw authErrors.refresh_token_invalid();
    }
    const verdict = judge(session, token.generation);
    if (verdict === 'stolen') {
      await endStolenSession(tx, needs, session, origin);
      return { stolen: session };
    }
    const { user, tenant } = await holders(tx, session);
    if (verdict === 'repeat') return { tokens: tokens(user, tenant, session) };
    const change = {
      generation: session.generation + 1,
      rotatedAt: clock.now(),
      expiresAt: expiry(),
    };
    await rotateSession(tx, session.id, change);
    return { tokens: tokens(user, tenant, { ...session, ...change }) };
  };

  return {
    async open(tx, user, tenant, { ip, userAgent }) {
      const session = await insertSession(tx, {
        id: newId(),
        tenantId: tenant.id,
        userId: user.id,
        seed: randomBytes(32).toString('base64url'),
        rotatedAt: clock.now(),
        expiresAt: expiry(),
        ip,
        userAgent: userAgent?.slice(0, 512) ?? null,
      });
      return { sessionId: session.id, tokens: tokens(user, tenant, session) };
    },
    async refresh(refreshToken, origin) {
      const result = await db.asSystem((tx) => refreshIn(tx, refreshToken, origin));
      if ('tokens' in result) return result.tokens;
      const { id: sessionId, tenantId, userId } = result.stolen;
      log.warn(
        { ...origin, sessionId, tenantId, userId },
        'A refresh token was used again, so its session was ended.',
      );
      throw authErrors.refresh_token_reused();
    },
  };
}
