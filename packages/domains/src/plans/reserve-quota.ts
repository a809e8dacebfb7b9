import { commonErrors } from '@trellis/core/common-errors';
import type { Tx } from '@trellis/db/tenant-db';
import type { Quota } from './define-quota.ts';
import { readState } from './quota-state.ts';
import { limitsOf } from './repository.ts';

/**
 * Makes sure that `count` more fit the tenant's plan, and answers how many would. From here to the
 * end of the transaction nobody else uses more of this quota, so that parallel creates are counted
 * one after another. A count of 0 is never refused, also above the limit. Throws
 * `plan_limit_reached` (403).
 */
export async function reserveQuota(
  tx: Tx,
  tenantId: string,
  quota: Quota,
  count = 1,
): Promise<number> {
  await lockQuota(tx, tenantId, quota);
  // Read behind the lock: what others had made before they let go of it is seen.
  const { limit, used, remaining } = await readState(tx, quota, await limitsOf(tx, tenantId));
  if (count <= remaining) return remaining;
  throw commonErrors.plan_limit_reached(
    `The plan allows ${quota.limit} = ${limit}; ${used} are used by ${quota.counts}.`,
  );
}

/** Until the end of the transaction nobody else uses more of this quota. */
export async function lockQuota(tx: Tx, tenantId: string, quota: Quota): Promise<void> {
  if (quota.lock) return quota.lock(tx, tenantId);
  const key = `${quota.limit}/${tenantId}`;
  await tx.sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`;
}
