import { decodeCursor, type PageQuery } from '@trellis/core/pagination';
import { hashToken } from '@trellis/core/token';
import { invitations } from '@trellis/db/schema/invitations';
import { tenants } from '@trellis/db/schema/tenants';
import { memberships, users } from '@trellis/db/schema/users';
import type { Tx } from '@trellis/db/tenant-db';
import { and, desc, eq, lt, lte, sql } from 'drizzle-orm';
import { isFor, isPending } from './pending.ts';

export interface Invitation {
  id: string;
  tenantId: string;
  email: string;
  roleIds: string[];
  /** Those that exist still. */
  roles: { id: string; name: string }[];
  invitedBy: string | null;
  expiresAt: Date;
  createdAt: Date;
}

// Every query names its tenant: acceptance runs outside of row-level security.

const columns = {
  id: invitations.id,
  tenantId: invitations.tenantId,
  email: invitations.email,
  roleIds: invitations.roleIds,
  invitedBy: invitations.invitedBy,
  expiresAt: invitations.expiresAt,
  createdAt: invitations.createdAt,
  roles: sql<Invitation['roles']>`coalesce((
    select json_agg(json_build_object('id', r.id, 'name', r.name) order by r.name)
    from roles r
    where r.tenant_id = invitations.tenant_id and r.id = any (invitations.role_ids)
  ), '[]')`,
};

/** One more than the page, the newest first. */
export function listInvitations(
  tx: Tx,
  tenantId: string,
  { limit, cursor }: PageQuery,
): Promise<Invitation[]> {
  return tx.orm
    .select(columns)
    .from(invitations)
    .where(
      and(
        eq(invitations.tenantId, tenantId),
        isPending,
        cursor === undefined ? undefined : lt(invitations.id, decodeCursor(cursor)),
      ),
    )
    .orderBy(desc(invitations.id))
    .limit(limit + 1);
}

export async function findInvitation(
  tx: Tx,
  tenantId: string,
  id: string,
): Promise<Invitation | undefined> {
  const [found] = await tx.orm
    .select(columns)
    .from(invitations)
    .where(and(eq(invitations.tenantId, tenantId), eq(invitations.id, id), isPending));
  return found;
}

/** Of whichever tenant; needs a system transaction. */
export async function findByToken(tx: Tx, token: string): Promise<Invitation | undefined> {
  const [found] = await tx.orm
    .select(columns)
    .from(invitations)
    .where(and(eq(invitations.tokenHash, hashToken(token)), isPending));
  return found;
}

/** Takes the place of one for the same address that has expired. */
export async function insertInvitation(
  tx: Tx,
  values: Omit<typeof invitations.$inferInsert, 'id'>,
): Promise<string> {
  const { tenantId, email } = values;
  await tx.orm
    .delete(invitations)
    .where(
      and(
        eq(invitations.tenantId, tenantId),
        isFor(email),
        lte(invitations.expiresAt, sql`clock_timestamp()`),
      ),
    );
  const [made] = await tx.orm.insert(invitations).values(values).returning({ id: invitations.id });
  return made?.id ?? '';
}

/** The token before it stops working. */
export async function renewInvitation(
  tx: Tx,
  { tenantId, id }: Invitation,
  change: { tokenHash: string; expiresAt: Date },
): Promise<void> {
  await tx.orm
    .update(invitations)
    .set(change)
    .where(and(eq(invitations.tenantId, tenantId), eq(invitations.id, id)));
}

export async function deleteInvitation(tx: Tx, { tenantId, id }: Invitation): Promise<void> {
  await tx.orm
    .delete(invitations)
    .where(and(eq(invitations.tenantId, tenantId), eq(invitations.id, id)));
}

/** What the tenant calls itself and a person of it; null for one who is no member. */
export async function namesOf(
  tx: Tx,
  tenantId: string,
  userId: string | null,
): Promise<{ tenantName: string; personName: string | null }> {
  const [names] = await tx.orm
    .select({
      tenantName: tenants.name,
      personName: sql<string | null>`coalesce(${memberships.name}, ${users.name})`,
    })
    .from(tenants)
    .leftJoin(
      memberships,
      and(eq(memberships.tenantId, tenants.id), sql`${memberships.userId} = ${userId}`),
    )
    .leftJoin(users, eq(users.id, memberships.userId))
    .where(eq(tenants.id, tenantId));
  if (!names) throw new Error(`there is no tenant ${tenantId}`);
  return names;
}
