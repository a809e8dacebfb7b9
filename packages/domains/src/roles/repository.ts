import { decodeCursor, type PageQuery } from '@trellis/core/pagination';
import { laterThan } from '@trellis/db/columns';
import { brokenConstraint } from '@trellis/db/failures';
import { membershipRoles, roles } from '@trellis/db/schema/users';
import type { Tx } from '@trellis/db/tenant-db';
import { and, desc, eq, lt } from 'drizzle-orm';
import { roleErrors } from './errors.ts';

export type Role = typeof roles.$inferSelect;
type NewRole = Pick<Role, 'tenantId' | 'name' | 'description' | 'permissions'>;
export type RoleChange = Partial<Pick<Role, 'name' | 'description' | 'permissions'>>;

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

/** Throws `role_exists` (409). */
export function insertRole(tx: Tx, role: NewRole): Promise<Role> {
  return refuseTakenName(async () => {
    const [made] = await tx.orm.insert(roles).values(role).returning();
    return made as Role;
  });
}

/** Throws `role_exists` (409). */
export function updateRole(tx: Tx, role: Role, change: RoleChange): Promise<Role> {
  return refuseTakenName(async () => {
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
  });
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

async function refuseTakenName<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (brokenConstraint(error) === 'roles_tenantId_name_unique') {
      throw roleErrors.role_exists(undefined, { cause: error });
    }
    throw error;
  }
}
