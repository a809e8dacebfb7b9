import { randomBytes } from 'node:crypto';
import { newId } from '@trellis/core/ids';
import type { Tx } from '@trellis/db/tenant-db';
import type { Platform } from '../../platform.ts';
import type { Origin } from '../origin.ts';
import type { TokensReply } from '../schemas.ts';
import { endSurplusSessions } from './end-surplus-sessions.ts';
import {
  createRefreshSession,
  type RefreshSession,
  type RefreshSettings,
} from './refresh-session.ts';
import { insertSession } from './repository.ts';
import { createMakeTokens, type Holders, type TokenSettings } from './token-pair.ts';

export interface SessionSettings extends TokenSettings, RefreshSettings {
  /** That one person has at a time in one tenant. */
  sessionsMax: number;
}

type Needs = Pick<Platform, 'db' | 'secrets' | 'clock' | 'changes' | 'log'>;

/** Sessions and the pairs of tokens that they give out. */
export interface Sessions {
  /**
   * The row of the person must be locked, or new: of two log-ins at once each has to see the
   * session of the other. Ends the oldest where there are too many.
   */
  open(
    tx: Tx,
    user: Holders['user'],
    tenant: Holders['tenant'],
    origin: Origin,
  ): Promise<{ sessionId: string; tokens: TokensReply }>;
  /**
   * Rotates. The token one step behind gets the current one for a short grace, because several
   * tabs refresh at once; anything older means theft and ends the session (RFC 9700, 4.14.2).
   * Throws `refresh_token_reused` for that, after it was audited and logged.
   */
  refresh: RefreshSession;
}

export function createSessions(needs: Needs, settings: SessionSettings): Sessions {
  const makeTokens = createMakeTokens(needs.secrets, settings);
  return {
    async open(tx, user, tenant, origin) {
      const now = needs.clock.now();
      const session = await insertSession(tx, {
        id: newId(),
        tenantId: tenant.id,
        userId: user.id,
        seed: randomBytes(32).toString('base64url'),
        rotatedAt: now,
        expiresAt: new Date(now.getTime() + settings.sessionTtlSeconds * 1_000),
        ip: origin.ip,
        userAgent: origin.userAgent?.slice(0, 512) ?? null,
      });
      await endSurplusSessions(tx, needs, session, settings.sessionsMax, origin);
      return { sessionId: session.id, tokens: await makeTokens(tx, session, { user, tenant }) };
    },
    refresh: createRefreshSession({ ...needs, makeTokens }, settings),
  };
}
