import type { Quotas } from '@trellis/db/schema/plans';
import type { Tx } from '@trellis/db/tenant-db';
import type { Quota } from './define-quota.ts';

export interface QuotaState {
  used: number;
  limit: number;
  /** Never below 0, although more may be used than a plan that became smaller allows. */
  remaining: number;
}

/** How much of a quota the tenant of these limits uses. */
export async function readState(
  tx: Tx,
  quota: Quota,
  limits: Quotas & { tenantId: string },
): Promise<QuotaState> {
  const limit = limits[quota.limit];
  const used = await quota.used(tx, limits.tenantId);
  return { used, limit, remaining: Math.max(0, limit - used) };
}
