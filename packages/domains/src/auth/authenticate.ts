import { commonErrors } from '@trellis/core/common-errors';
import type { ChangeFeed } from '@trellis/db/changes';
import { keepLoaded } from '@trellis/db/keep-loaded';
import type { TenantDb } from '@trellis/db/tenant-db';
import type { AccessTokenClaims } from './access-token.ts';
import { findGrant, type Grant } from './session-grant.ts';
import { refuseSuspended } from './suspended-caller.ts';

/** Announced when a session ends; the key is its id. */
export const sessionEnded = 'auth.session-ended';
/** Announced when sessions of a person end in every tenant; the key is the person's id. */
export const personSignedOut = 'auth.person-signed-out';
/** Announced when what people or keys may do changes; the key is the tenant's id. */
export const accessChanged = 'auth.access-changed';

/** Says what the holder of an access token may do at this moment. */
export interface Authenticator {
  /**
   * The permissions behind a verified token. Throws `unauthenticated` when the session has ended
   * and `tenant_suspended`. From memory on all but the first call of a session.
   */
  authorize(claims: AccessTokenClaims): Promise<ReadonlySet<string>>;
  /** The same from memory and without a promise; undefined when it has to be read, or refused. */
  peek(claims: AccessTokenClaims): ReadonlySet<string> | undefined;
}

export function createAuthenticator(
  db: Pick<TenantDb, 'asSystem'>,
  changes: Pick<ChangeFeed, 'on' | 'onConnect' | 'isListening'>,
): Authenticator {
  const grants = keepLoaded((id) => db.asSystem((tx) => findGrant(tx, id)), changes);
  changes.on(sessionEnded, (id) => grants.forgetOne(id));
  changes.on(personSignedOut, (id) => grants.forget(({ userId }) => userId === id));
  changes.on(accessChanged, (id) => grants.forget(({ tenantId }) => tenantId === id));
  changes.onConnect(() => grants.forget(() => true));

  return {
    async authorize(claims) {
      const grant = await grants.get(claims.sid);
      if (!grant || !isOf(grant, claims)) {
        throw commonErrors.unauthenticated('The session has ended.');
      }
      if (grant.tenantStatus !== 'active') {
        const { tid: tenantId, sub: id, sid: sessionId } = claims;
        throw refuseSuspended({ tenantId, actor: { type: 'user', id }, sessionId });
      }
      return grant.permissions;
    },
    peek(claims) {
      const grant = grants.peek(claims.sid);
      const stands = grant && isOf(grant, claims) && grant.tenantStatus === 'active';
      return stands ? grant.permissions : undefined;
    },
  };
}

function isOf(grant: Grant, { tid, sub }: AccessTokenClaims): boolean {
  return grant.tenantId === tid && grant.userId === sub;
}
