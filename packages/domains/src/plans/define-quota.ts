import type { Quotas } from '@trellis/db/schema/plans';
import type { Tx } from '@trellis/db/tenant-db';

/** A limit of the plan on how much a tenant has, not on how fast it asks. */
export interface Quota {
  /** Of its part of `GET /tenant/usage`: `users`. */
  name: string;
  /** The limit of the plan that it is held against; no other quota is. */
  limit: keyof Quotas;
  /** What uses it up, for those whom the limit stops: `members and pending invitations`. */
  counts: string;
  /**
   * How much of it the tenant has used. Names the tenant in its queries, as it also runs in
   * transactions of the system, which see all tenants.
   */
  used(tx: Tx, tenantId: string): Promise<number>;
  /**
   * Waits until nobody else uses more of it, and lets nobody until the transaction ends. Only for a
   * quota that has a lock of its own already.
   */
  lock?(tx: Tx, tenantId: string): Promise<void>;
}

/** Declared in the `quota.ts` of the domain whose things are counted. */
export function defineQuota(quota: Quota): Quota {
  return quota;
}
