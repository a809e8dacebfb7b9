import { decodeCursor, type PageQuery } from '@trellis/core/pagination';
import { laterThan } from '@trellis/db/columns';
import { membershipRoles, roles } from '@trellis/db/schema/users';
import type { Tx } from '@trellis/db/tenant-db';
import { and, desc, eq, lt } from 'drizzle-orm';

export type Role = typeof roles.$inferSelect;
type NewRole = Pick<Role, 'tenantId' | 'name' | 'description' | 'permissions'>;
type RoleChange = Pick<Role, 'name' | 'description' | 'permissions'>;

/** One more than the page, the newest first. */
export function listRoles(tx: Tx, tenantId: string, { limit, cursor }: PageQuery): Promise<Role[]> {
  return tx.orm
    .select()
    .from(roles)
    .where(
      and(
        eq(roles.tenantId, tenantId),
        cursor === undefined ? undefined : lt(roles.id, decodeCursor(cursor)),
      ),
    )
    .orderBy(desc(roles.id))
    .limit(limit + 1);
}

export async function findRole(tx: Tx, tenantId: string, id: string): Promise<Role | undefined> {
  const [role] = await tx.orm
    .select()
    .from(roles)
    .where(and(eq(roles.tenantId, tenantId), eq(roles.id, id)));
  return role;
}

/** Of all roles of the tenant, system roles included. */
export function listNames(tx: Tx, tenantId: string): Promise<Pick<Role, 'id' | 'name'>[]> {
  return tx.orm
    .select({ id: roles.id, name: roles.name })
    .from(roles)
    .where(eq(roles.tenantId, tenantId));
}

export async function insertRole(tx: Tx, role: NewRole): Promise<Role> {
  const [made] = await tx.orm.insert(roles).values(role).returning();
  return made as Role;
}

export async function updateRole(tx: Tx, role: Role, change: RoleChange): Promise<Role> {
  const [changed] = await tx.orm
    .update(roles)
    .set({
      ...change,
      // Always later than before, because the version that clients compare is made from it.
      updatedAt: laterThan(roles.updatedAt),
    })
    .where(and(eq(roles.tenantId, role.tenantId), eq(roles.id, role.id)))
    .returning();
  return changed as Role;
}

export async function deleteRole(tx: Tx, role: Role): Promise<void> {
  await tx.orm.delete(roles).where(and(eq(roles.tenantId, role.tenantId), eq(roles.id, role.id)));
}

export async function isAssigned(tx: Tx, role: Role): Promise<boolean> {
  const rows = await tx.orm
    .select({ roleId: membershipRoles.roleId })
    .from(membershipRoles)
    .where(and(eq(membershipRoles.tenantId, role.tenantId), eq(membershipRoles.roleId, role.id)))
    .limit(1);
  return rows.length > 0;
}
