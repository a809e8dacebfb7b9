import { memberships } from '@trellis/db/schema/users';
import type { Tx } from '@trellis/db/tenant-db';
import { eq } from 'drizzle-orm';
import { countPending } from '../invitations/pending.ts';
import { reserveQuota } from '../plans/quota.ts';

/** What `maxUsers` counts: all members, the disabled too, and all who are invited. */
async function countSeats(tx: Tx, tenantId: string): Promise<number> {
  const members = await tx.orm.$count(memberships, eq(memberships.tenantId, tenantId));
  return members + (await countPending(tx, tenantId));
}

/** Makes sure that one more person fits the plan. Throws `plan_limit_reached` (403). */
export function reserveSeat(tx: Tx, tenantId: string): Promise<void> {
  return reserveQuota(tx, tenantId, 'maxUsers', () => countSeats(tx, tenantId));
}
