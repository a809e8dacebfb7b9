import { platformPermission } from '@trellis/core/permissions';
import { sessions } from '@trellis/db/schema/auth';
import { tenants } from '@trellis/db/schema/tenants';
import { membershipRoles, memberships, roles, users } from '@trellis/db/schema/users';
import type { Tx } from '@trellis/db/tenant-db';
import { and, eq, gt, isNull, sql } from 'drizzle-orm';

/** What one session may do. */
export interface Grant {
  userId: string;
  tenantId: string;
  tenantStatus: 'active' | 'suspended';
  permissions: ReadonlySet<string>;
}

/**
 * Undefined when the session has ended, or its person or membership is gone or disabled. Of this
 * moment: the transaction may have waited for a lock. For a tenant's transaction as well.
 */
export async function findGrant(tx: Tx, sessionId: string): Promise<Grant | undefined> {
  const rows = await tx.orm
    .select({
      userId: sessions.userId,
      tenantId: sessions.tenantId,
      tenantStatus: tenants.status,
      isPlatform: tenants.isPlatform,
      isPlatformAdmin: users.isPlatformAdmin,
      permissions: roles.permissions,
    })
    .from(sessions)
    .innerJoin(users, and(eq(users.id, sessions.userId), isNull(users.disabledAt)))
    .innerJoin(tenants, eq(tenants.id, sessions.tenantId))
    .innerJoin(
      memberships,
      and(
        eq(memberships.userId, users.id),
        eq(memberships.tenantId, tenants.id),
        isNull(memberships.disabledAt),
      ),
    )
    .leftJoin(membershipRoles, eq(membershipRoles.membershipId, memberships.id))
    .leftJoin(roles, eq(roles.id, membershipRoles.roleId))
    .where(
      and(
        eq(sessions.id, sessionId),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, sql`clock_timestamp()`),
      ),
    );
  const [first] = rows;
  if (!first) return undefined;
  const permissions = new Set(rows.flatMap((row) => row.permissions ?? []));
  // No role gives it. In the platform's own tenant only, whose trail tells of what is done with it.
  if (first.isPlatformAdmin && first.isPlatform) permissions.add(platformPermission);
  else permissions.delete(platformPermission);
  return { ...first, permissions };
}
