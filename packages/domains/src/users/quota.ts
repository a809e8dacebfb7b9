import { tenants } from '@trellis/db/schema/tenants';
import { memberships } from '@trellis/db/schema/users';
import { eq, sql } from 'drizzle-orm';
import { countPending } from '../invitations/pending.ts';
import { defineQuota } from '../plans/define-quota.ts';

/** Whoever is invited has a place already, so that everybody who accepts gets one. */
export const usersQuota = defineQuota({
  name: 'users',
  limit: 'maxUsers',
  counts: 'members, the disabled too, and pending invitations',
  used: async (tx, tenantId) => {
    const members = tx.orm.$count(memberships, eq(memberships.tenantId, tenantId));
    // One statement sees one moment: who accepts just now is counted once.
    const [row] = await tx.orm
      .select({ used: sql`${members} + ${countPending(tx, tenantId)}`.mapWith(Number) })
      .from(tenants)
      .where(eq(tenants.id, tenantId));
    return row?.used ?? 0;
  },
});
