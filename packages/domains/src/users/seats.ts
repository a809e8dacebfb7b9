import type { Tx } from '@trellis/db/tenant-db';
import { reserveQuota } from '../plans/reserve-quota.ts';
import { usersQuota } from './quota.ts';

/** Makes sure that one more person fits the plan. Throws `plan_limit_reached` (403). */
export async function reserveSeat(tx: Tx, tenantId: string): Promise<void> {
  await reserveQuota(tx, tenantId, usersQuota);
}
