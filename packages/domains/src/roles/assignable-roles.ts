import { roles } from '@trellis/db/schema/users';
import type { Tx } from '@trellis/db/tenant-db';
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { CurrentCall } from './current-call.ts';
import { roleErrors } from './errors.ts';
import { assertMayGrant } from './grants.ts';

export interface AssignableRole {
  id: string;
  name: string;
  permissions: string[];
}

const columns = { id: roles.id, name: roles.name, permissions: roles.permissions };

/** The roles of these ids in the tenant. Throws `unknown_role` (422). */
export async function rolesById(
  tx: Tx,
  tenantId: string,
  ids: string[],
): Promise<AssignableRole[]> {
  const found = await existingRoles(tx, tenantId, ids);
  const known = new Set(found.map((role) => role.id));
  const missing = ids.find((id) => !known.has(id.toLowerCase()));
  if (missing !== undefined) throw roleErrors.unknown_role(`There is no role ${missing}.`);
  return found;
}

/** Those of the ids that are roles of the tenant. */
export async function existingRoles(
  tx: Tx,
  tenantId: string,
  ids: string[],
): Promise<AssignableRole[]> {
  if (ids.length === 0) return [];
  return tx.orm
    .select(columns)
    .from(roles)
    .where(and(eq(roles.tenantId, tenantId), inArray(roles.id, ids)))
    .orderBy(asc(roles.name));
}

/** What a new person of the tenant gets when nothing else is said. */
export function defaultRoles(tx: Tx, tenantId: string): Promise<AssignableRole[]> {
  return tx.orm
    .select(columns)
    .from(roles)
    .where(and(eq(roles.tenantId, tenantId), eq(roles.name, 'member'), eq(roles.isSystem, true)));
}

/** Throws `permission_escalation` (403) unless the caller holds all that the roles give. */
export function assertMayAssign(call: CurrentCall, assigned: AssignableRole[]): void {
  assertMayGrant(call, permissionsOf(assigned));
}

export function permissionsOf(given: AssignableRole[]): string[] {
  return given.flatMap((role) => role.permissions);
}
