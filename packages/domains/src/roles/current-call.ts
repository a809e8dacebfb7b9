import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { holdsPermission } from '@trellis/core/permissions';
import type { Tx } from '@trellis/db/tenant-db';
import { permissionsOfKey } from '../api-keys/key-permissions.ts';
import { authErrors } from '../auth/errors.ts';
import { findGrant, type Grant } from '../auth/session-grant.ts';

/**
 * Who calls, with the permissions of this moment: whoever gives or takes something away is judged
 * by these. What was read when the request came may be gone since, as it waited for its turn.
 */
export interface CurrentCall extends CallContext {
  readonly isCurrent: true;
}

/**
 * Reads again what the caller may do. Throws `unauthenticated` (401) when the session, the
 * membership or the key is gone, `tenant_suspended` (403), and `forbidden` (403) without the
 * permission that the route asks for.
 */
export async function currentCall(
  tx: Tx,
  call: CallContext,
  permission: string,
): Promise<CurrentCall> {
  const permissions = await permissionsNow(tx, call);
  if (!permissions) throw commonErrors.unauthenticated('The access has ended.');
  if (!holdsPermission(permissions, permission)) {
    throw commonErrors.forbidden(`The permission "${permission}" is needed.`);
  }
  return { ...call, permissions, isCurrent: true };
}

async function permissionsNow(tx: Tx, call: CallContext): Promise<ReadonlySet<string> | undefined> {
  const grant = await grantNow(tx, call);
  if (grant && grant.tenantStatus !== 'active') throw authErrors.tenant_suspended();
  return grant?.permissions;
}

async function grantNow(
  tx: Tx,
  { tenantId, actor, sessionId }: CallContext,
): Promise<Pick<Grant, 'tenantStatus' | 'permissions'> | undefined> {
  if (actor.type === 'api_key' && actor.id !== null) {
    return permissionsOfKey(tx, tenantId, actor.id);
  }
  const grant = sessionId === null ? undefined : await findGrant(tx, sessionId);
  return grant?.tenantId === tenantId && grant.userId === actor.id ? grant : undefined;
}
