import type { CallContext } from '@trellis/core/context';
import { ownerPermission } from '@trellis/core/permissions';
import type { ChangeFeed } from '@trellis/db/changes';
import { membershipRoles, memberships, roles, users } from '@trellis/db/schema/users';
import type { Tx } from '@trellis/db/tenant-db';
import { and, arrayContains, eq, isNull } from 'drizzle-orm';
import { accessChanged } from '../auth/authenticate.ts';
import { type CurrentCall, currentCall } from './current-call.ts';
import { roleErrors } from './errors.ts';
import { assertMayGrant } from './grants.ts';

/**
 * Changes of who is in a tenant and of who may do what come one after another, until the end of
 * each transaction, so that two of them cannot each rely on what the other takes away. The caller
 * comes back as `currentCall` finds them then, because it may be they who were taken out meanwhile;
 * `permission` is what the route asks for.
 */
export async function lockAccess(
  tx: Tx,
  call: CallContext,
  permission: string,
): Promise<CurrentCall> {
  await takeTurn(tx, call.tenantId);
  return currentCall(tx, call, permission);
}

/**
 * Begins a change of who may do what in a tenant, with `lockAccess`. Once this transaction is
 * committed, every process forgets the grants that it holds of the tenant.
 */
export async function beginAccessChange(
  tx: Tx,
  changes: Pick<ChangeFeed, 'announce'>,
  call: CallContext,
  permission: string,
): Promise<CurrentCall> {
  const current = await lockAccess(tx, call, permission);
  await changes.announce(tx, accessChanged, call.tenantId);
  return current;
}

/** The same for somebody who comes in from outside, and so may do nothing there yet. */
export async function beginJoining(
  tx: Tx,
  changes: Pick<ChangeFeed, 'announce'>,
  tenantId: string,
): Promise<void> {
  await takeTurn(tx, tenantId);
  await changes.announce(tx, accessChanged, tenantId);
}

async function takeTurn(tx: Tx, tenantId: string): Promise<void> {
  await tx.sql`select pg_advisory_xact_lock(hashtextextended(${`access/${tenantId}`}, 0))`;
}

/**
 * Judges the removal of permissions from people right after it was made; what it throws rolls the
 * removal back. Somebody who can act as owner has to be left (`last_owner`, 409), and only an owner
 * takes ownership away (`permission_escalation`, 403). Safe after `beginAccessChange` only.
 */
export async function assertMayRemove(
  tx: Tx,
  call: CurrentCall,
  permissions: string[],
): Promise<void> {
  if (!permissions.includes(ownerPermission)) return;
  if (!(await hasOwner(tx, call.tenantId))) throw roleErrors.last_owner();
  assertMayGrant(call, [ownerPermission]);
}

/** Somebody who is disabled, in the tenant or altogether, cannot act as owner. */
async function hasOwner(tx: Tx, tenantId: string): Promise<boolean> {
  const owners = await tx.orm
    .select({ id: memberships.id })
    .from(memberships)
    .innerJoin(users, and(eq(users.id, memberships.userId), isNull(users.disabledAt)))
    .innerJoin(membershipRoles, eq(membershipRoles.membershipId, memberships.id))
    .innerJoin(roles, eq(roles.id, membershipRoles.roleId))
    .where(
      and(
        eq(memberships.tenantId, tenantId),
        isNull(memberships.disabledAt),
        arrayContains(roles.permissions, [ownerPermission]),
      ),
    )
    .limit(1);
  return owners.length > 0;
}
