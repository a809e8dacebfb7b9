import { commonErrors } from '@trellis/core/common-errors';
import type { ChangeFeed } from '@trellis/db/changes';
import { classifyFailure } from '@trellis/db/failures';
import type { TenantDb } from '@trellis/db/tenant-db';
import type { AccessTokenClaims } from './access-token.ts';
import { authErrors } from './errors.ts';
import { type Grant, loadGrant } from './repository.ts';

/** Announced when a session ends; the key is its id. */
export const sessionEnded = 'auth.session-ended';
/** Announced when what people may do changes; the key is the tenant's id. */
export const accessChanged = 'auth.access-changed';

const keptMs = 30_000;
const keptMax = 50_000;

/** Says what the holder of an access token may do at this moment. */
export interface Authenticator {
  /**
   * The permissions behind a verified token. Throws `unauthenticated` when the session has ended
   * and `tenant_suspended`. From memory on all but the first call of a session.
   */
  authorize(claims: AccessTokenClaims): Promise<ReadonlySet<string>>;
}

interface Kept {
  tenantId: string;
  grant: Grant | undefined;
  until: number;
}

/**
 * Keeps the grant of each session in the process. Other processes announce what ends or changes
 * one, so a request costs no round trip; the short life is only the backstop for a lost message.
 */
export function createAuthenticator(
  db: Pick<TenantDb, 'asSystem'>,
  changes: Pick<ChangeFeed, 'on' | 'onConnect'>,
): Authenticator {
  const kept = new Map<string, Kept>();
  const loading = new Map<string, Promise<Grant | undefined>>();
  let changesSeen = 0;

  const forget = (matches: (id: string, entry: Kept) => boolean) => {
    changesSeen++;
    loading.clear();
    for (const [id, entry] of kept) if (matches(id, entry)) kept.delete(id);
  };
  changes.on(sessionEnded, (key) => forget((id) => id === key));
  changes.on(accessChanged, (key) => forget((_, entry) => entry.tenantId === key));
  changes.onConnect(() => forget(() => true));

  const load = async (claims: AccessTokenClaims): Promise<Grant | undefined> => {
    const seen = changesSeen;
    const grant = await loadGrant(db, claims.sid);
    // A change that came while this was read may not be in it: answer, but do not keep it.
    if (seen === changesSeen) {
      if (kept.size >= keptMax) kept.delete(kept.keys().next().value ?? '');
      kept.set(claims.sid, { tenantId: claims.tid, grant, until: Date.now() + keptMs });
    }
    return grant;
  };
  const loadOnce = (claims: AccessTokenClaims): Promise<Grant | undefined> => {
    const running = loading.get(claims.sid);
    if (running) return running;
    const started = load(claims).finally(() => {
      if (loading.get(claims.sid) === started) loading.delete(claims.sid);
    });
    loading.set(claims.sid, started);
    return started;
  };
  const grantOf = async (claims: AccessTokenClaims): Promise<Grant | undefined> => {
    const entry = kept.get(claims.sid);
    if (entry && entry.until > Date.now()) return entry.grant;
    try {
      return await loadOnce(claims);
    } catch (error) {
      // Nothing can be revoked while Postgres is away, so what was known last still holds.
      if (entry && classifyFailure(error) === 'unavailable') return entry.grant;
      throw error;
    }
  };

  return {
    async authorize(claims) {
      const grant = await grantOf(claims);
      if (!grant || grant.tenantId !== claims.tid || grant.userId !== claims.sub) {
        throw commonErrors.unauthenticated('The session has ended.');
      }
      if (grant.tenantStatus !== 'active') throw authErrors.tenant_suspended();
      return grant.permissions;
    },
  };
}
