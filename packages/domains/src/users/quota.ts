import { memberships } from '@trellis/db/schema/users';
import { eq } from 'drizzle-orm';
import { countPending } from '../invitations/pending.ts';
import { defineQuota } from '../plans/define-quota.ts';

/** Whoever is invited has a place already, so that everybody who accepts gets one. */
export const usersQuota = defineQuota({
  name: 'users',
  limit: 'maxUsers',
  counts: 'members, the disabled too, and pending invitations',
  used: async (tx, tenantId) => {
    const members = await tx.orm.$count(memberships, eq(memberships.tenantId, tenantId));
    return members + (await countPending(tx, tenantId));
  },
});
