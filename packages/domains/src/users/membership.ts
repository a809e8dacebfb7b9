import { newId } from '@trellis/core/ids';
import { membershipRoles, memberships, users } from '@trellis/db/schema/users';
import type { Tx } from '@trellis/db/tenant-db';
import { and, eq, sql } from 'drizzle-orm';
import type { AssignableRole } from '../roles/assignable-roles.ts';
import { userErrors } from './errors.ts';

/** Throws `user_exists` (409), also for a member who is disabled. */
export async function assertNoMember(tx: Tx, tenantId: string, email: string): Promise<void> {
  const found = await tx.orm
    .select({ id: memberships.id })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(
      and(
        eq(memberships.tenantId, tenantId),
        eq(sql`lower(${users.email})`, sql`lower(${email.trim()})`),
      ),
    );
  if (found.length > 0) throw userErrors.user_exists();
}

/** `name` is what the tenant calls the person; null for the person's own. */
export async function insertMember(
  tx: Tx,
  tenantId: string,
  person: { userId: string; name: string | null },
  roles: AssignableRole[],
): Promise<void> {
  const id = newId();
  await tx.orm.insert(memberships).values({ id, tenantId, ...person });
  await giveRoles(tx, tenantId, id, roles);
}

export async function giveRoles(
  tx: Tx,
  tenantId: string,
  membershipId: string,
  roles: AssignableRole[],
): Promise<void> {
  if (roles.length === 0) return;
  await tx.orm
    .insert(membershipRoles)
    .values(roles.map((role) => ({ tenantId, membershipId, roleId: role.id })));
}
