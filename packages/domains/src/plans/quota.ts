import { commonErrors } from '@trellis/core/common-errors';
import type { PlanOverrides } from '@trellis/db/schema/plans';
import type { Tx } from '@trellis/db/tenant-db';
import { limitsOf } from './repository.ts';

/** A limit of the plan that counts things. */
export type Quota = Extract<keyof PlanOverrides, 'maxUsers' | 'maxWebhooks'>;

/**
 * Makes sure that one more fits the tenant's plan. Holds a lock of this tenant and quota until
 * the transaction ends, so that parallel creates are counted one after another. `countUsed` counts
 * all that takes a place, of whatever kind, and runs under the lock.
 * Throws `plan_limit_reached` (403).
 */
export async function reserveQuota(
  tx: Tx,
  tenantId: string,
  quota: Quota,
  countUsed: () => Promise<number>,
): Promise<void> {
  await tx.sql`select pg_advisory_xact_lock(hashtextextended(${`${quota}/${tenantId}`}, 0))`;
  const limit = (await limitsOf(tx, tenantId))[quota];
  const used = await countUsed();
  if (used >= limit) {
    throw commonErrors.plan_limit_reached(`The plan allows ${quota} = ${limit}; ${used} are used.`);
  }
}
