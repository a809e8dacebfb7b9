import type { CallContext } from '@trellis/core/context';
import { ownerPermission } from '@trellis/core/permissions';
import type { ChangeFeed } from '@trellis/db/changes';
import { membershipRoles, memberships, roles, users } from '@trellis/db/schema/users';
import type { Tx } from '@trellis/db/tenant-db';
import { and, arrayContains, eq, isNull } from 'drizzle-orm';
import { accessChanged } from '../auth/authenticate.ts';
import { roleErrors } from './errors.ts';
import { assertMayGrant } from './grants.ts';

/**
 * Begins a change of who may do what in a tenant. Such changes come one after another, so that
 * two of them cannot each rely on what the other takes away. Once this transaction is committed,
 * every process forgets the grants that it holds of the tenant.
 */
export async function beginAccessChange(
  tx: Tx,
  changes: Pick<ChangeFeed, 'announce'>,
  tenantId: string,
): Promise<void> {
  await tx.sql`select pg_advisory_xact_lock(hashtextextended(${`access/${tenantId}`}, 0))`;
  await changes.announce(tx, accessChanged, tenantId);
}

/**
 * Judges the removal of permissions from people right after it was made; what it throws rolls the
 * removal back. Somebody who can act as owner has to be left (`last_owner`, 409), and only an owner
 * takes ownership away (`permission_escalation`, 403). Safe after `beginAccessChange` only.
 */
export async function assertMayRemove(
  tx: Tx,
  call: Pick<CallContext, 'tenantId' | 'permissions'>,
  permissions: string[],
): Promise<void> {
  if (!permissions.includes(ownerPermission)) return;
  if (!(await hasOwner(tx, call.tenantId))) throw roleErrors.last_owner();
  assertMayGrant(call, [ownerPermission]);
}

/** A disabled person cannot act as owner. */
async function hasOwner(tx: Tx, tenantId: string): Promise<boolean> {
  const owners = await tx.orm
    .select({ id: memberships.id })
    .from(memberships)
    .innerJoin(users, and(eq(users.id, memberships.userId), isNull(users.disabledAt)))
    .innerJoin(membershipRoles, eq(membershipRoles.membershipId, memberships.id))
    .innerJoin(roles, eq(roles.id, membershipRoles.roleId))
    .where(
      and(eq(memberships.tenantId, tenantId), arrayContains(roles.permissions, [ownerPermission])),
    )
    .limit(1);
  return owners.length > 0;
}
