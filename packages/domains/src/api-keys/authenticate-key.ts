import { commonErrors } from '@trellis/core/common-errors';
import { hashToken } from '@trellis/core/token';
import { keepLoaded } from '@trellis/db/keep-loaded';
import { accessChanged } from '../auth/authenticate.ts';
import { refuseSuspended } from '../auth/suspended-caller.ts';
import type { Platform } from '../platform.ts';
import { isApiKey } from './api-key.ts';
import { recordLastUsed } from './last-used.ts';
import { createLookUp } from './look-up.ts';
import type { KeyGrant } from './repository.ts';

export type { KeyGrant } from './repository.ts';

/** Announced when a key is deleted; the announced key is its id. */
export const apiKeyDeleted = 'api-keys.deleted';

/** Precise enough to find keys that nobody uses, and a statement a minute is nothing to Postgres. */
const writeEveryMs = 60_000;

/** Says what the holder of an API key may do at this moment. */
export interface KeyAuthenticator {
  /**
   * Throws `unauthenticated` for a key that is unknown, deleted or expired, and `tenant_suspended`.
   * From memory on all but the first call of a key.
   */
  authorize(key: string): Promise<KeyGrant>;
  /** The same from memory and without a promise; undefined when it has to be read, or refused. */
  peek(key: string): KeyGrant | undefined;
  /** Writes what is left to be written of the last use. */
  close(): Promise<void>;
}

type Needs = Pick<Platform, 'db' | 'changes' | 'clock' | 'log'>;

export function createKeyAuthenticator(
  needs: Needs,
  options: { writeEveryMs: number } = { writeEveryMs },
): KeyAuthenticator {
  const { db, changes, clock } = needs;
  const grants = keepLoaded(createLookUp(db), changes);
  const lastUsed = recordLastUsed(needs, options.writeEveryMs);
  changes.on(apiKeyDeleted, (id) => grants.forget((grant) => grant.id === id));
  changes.on(accessChanged, (id) => grants.forget(({ tenantId }) => tenantId === id));
  changes.onConnect(() => grants.forget(() => true));

  return {
    async authorize(key) {
      const grant = isApiKey(key) ? await grants.get(hashToken(key)) : undefined;
      if (!grant) throw commonErrors.unauthenticated('The API key is not valid.');
      // A kept grant may be older than the end of the key.
      if (grant.expiresAt && grant.expiresAt <= clock.now()) {
        throw commonErrors.unauthenticated('The API key has expired.');
      }
      if (grant.tenantStatus !== 'active') {
        const { id, tenantId } = grant;
        throw refuseSuspended({ tenantId, actor: { type: 'api_key', id }, sessionId: null });
      }
      lastUsed.note(grant.id);
      return grant;
    },
    peek(key) {
      const grant = isApiKey(key) ? grants.peek(hashToken(key)) : undefined;
      if (grant?.tenantStatus !== 'active') return undefined;
      if (grant.expiresAt && grant.expiresAt <= clock.now()) return undefined;
      lastUsed.note(grant.id);
      return grant;
    },
    close: () => lastUsed.close(),
  };
}
