import { decodeCursor } from '@trellis/core/pagination';
import { secondFactors, sessions } from '@trellis/db/schema/auth';
import { membershipRoles, memberships, users } from '@trellis/db/schema/users';
import type { Tx } from '@trellis/db/tenant-db';
import { and, desc, eq, isNotNull, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import { authErrors } from '../auth/errors.ts';
import type { AssignableRole } from '../roles/assignable-roles.ts';
import type { NewPerson } from './create-person.ts';
import { userErrors } from './errors.ts';
import { lockPersonByEmail } from './lock-person.ts';
import { giveRoles } from './membership.ts';
import type { MemberStatus, UsersQuery } from './schemas.ts';

/** A person as a member of one tenant; `id` is the membership's, which pages are ordered by. */
export interface Member {
  id: string;
  userId: string;
  email: string;
  name: string;
  /** Since when the tenant lets the person in no longer. */
  disabledAt: Date | null;
  roles: AssignableRole[];
  createdAt: Date;
}

// Every query names its tenant: one that creates a person runs outside of row-level security.

const memberColumns = {
  id: memberships.id,
  userId: memberships.userId,
  email: users.email,
  name: sql<string>`coalesce(${memberships.name}, ${users.name})`,
  disabledAt: memberships.disabledAt,
  createdAt: memberships.createdAt,
  roles: sql<AssignableRole[]>`coalesce((
    select json_agg(
      json_build_object('id', r.id, 'name', r.name, 'permissions', r.permissions) order by r.name)
    from membership_roles mr
    join roles r on r.tenant_id = mr.tenant_id and r.id = mr.role_id
    where mr.tenant_id = ${memberships.tenantId} and mr.membership_id = ${memberships.id}
  ), '[]')`,
};

/** One more than the page, who joined last first. */
export function listMembers(tx: Tx, tenantId: string, query: UsersQuery): Promise<Member[]> {
  const { limit, cursor, search, status } = query;
  return tx.orm
    .select(memberColumns)
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(
      and(
        eq(memberships.tenantId, tenantId),
        cursor === undefined ? undefined : lt(memberships.id, decodeCursor(cursor)),
        search === undefined ? undefined : beginsWith(search),
        status === undefined ? undefined : hasStatus(status),
      ),
    )
    .orderBy(desc(memberships.id))
    .limit(limit + 1);
}

function hasStatus(status: MemberStatus): SQL {
  const { disabledAt } = memberships;
  return status === 'disabled' ? isNotNull(disabledAt) : isNull(disabledAt);
}

function beginsWith(text: string): SQL | undefined {
  return or(
    sql`starts_with(lower(${users.email}), lower(${text}))`,
    sql`starts_with(lower(${memberColumns.name}), lower(${text}))`,
  );
}

export async function findMember(
  tx: Tx,
  tenantId: string,
  userId: string,
): Promise<Member | undefined> {
  const [member] = await tx.orm
    .select(memberColumns)
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(eq(memberships.tenantId, tenantId), eq(memberships.userId, userId)));
  return member;
}

/**
 * The id of a person whom nobody else has: a new one, or one who is left without any tenant, and
 * then with the password that is given now. Whoever made a person may know the password, so one
 * who is elsewhere comes in by an invitation only, and nobody takes in whom the platform has
 * disabled. Throws `user_exists` and `email_taken` (409).
 * Needs a system transaction.
 */
export async function claimPerson(tx: Tx, tenantId: string, person: NewPerson): Promise<string> {
  const email = person.email.trim();
  const [made] = await tx.orm
    .insert(users)
    .values({ ...person, email })
    .onConflictDoNothing()
    .returning({ id: users.id });
  if (made) return made.id;
  const known = await lockPersonByEmail(tx, email);
  if (!known) throw new Error('the e-mail is taken by nobody');
  const tenants = await tx.orm
    .select({ id: memberships.tenantId })
    .from(memberships)
    .where(eq(memberships.userId, known.id));
  if (tenants.some(({ id }) => id === tenantId)) throw userErrors.user_exists();
  if (tenants.length > 0 || known.isPlatformAdmin || known.disabledAt) {
    throw authErrors.email_taken();
  }
  const { name, passwordHash } = person;
  // The password is no longer one that the holder of the address has chosen, and so nothing that
  // was set up with the one before stays.
  const taken = { name, passwordHash, emailVerifiedAt: null };
  await tx.orm.update(users).set(taken).where(eq(users.id, known.id));
  await tx.orm.delete(secondFactors).where(eq(secondFactors.userId, known.id));
  return known.id;
}

/** Locks the membership until the end of the transaction. */
export async function lockMember(tx: Tx, tenantId: string, userId: string): Promise<void> {
  await tx.orm
    .select({ id: memberships.id })
    .from(memberships)
    .where(and(eq(memberships.tenantId, tenantId), eq(memberships.userId, userId)))
    .for('update');
}

/** Changes what this tenant alone says of the person. */
export async function updateMember(
  tx: Tx,
  membershipId: string,
  change: { name?: string; disabledAt?: Date | null },
): Promise<void> {
  await tx.orm.update(memberships).set(change).where(eq(memberships.id, membershipId));
}

export async function replaceRoles(
  tx: Tx,
  tenantId: string,
  membershipId: string,
  roles: AssignableRole[],
): Promise<void> {
  await tx.orm
    .delete(membershipRoles)
    .where(
      and(eq(membershipRoles.tenantId, tenantId), eq(membershipRoles.membershipId, membershipId)),
    );
  await giveRoles(tx, tenantId, membershipId, roles);
}

/** Its roles go with it. */
export async function deleteMember(tx: Tx, tenantId: string, membershipId: string): Promise<void> {
  await tx.orm
    .delete(memberships)
    .where(and(eq(memberships.tenantId, tenantId), eq(memberships.id, membershipId)));
}

/** Ends the sessions that a person has in this tenant; those in others go on. */
export async function endSessions(
  tx: Tx,
  tenantId: string,
  userId: string,
  at: Date,
): Promise<void> {
  await tx.orm
    .update(sessions)
    .set({ revokedAt: at })
    .where(
      and(eq(sessions.tenantId, tenantId), eq(sessions.userId, userId), isNull(sessions.revokedAt)),
    );
}
