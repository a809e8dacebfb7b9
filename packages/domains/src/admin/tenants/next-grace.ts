import type { Quotas } from '@trellis/db/schema/plans';
import type { Quota } from '../../plans/define-quota.ts';
import type { QuotaState } from '../../plans/quota-state.ts';
import type { Grace } from '../../plans/repository.ts';

/** A quota of which the tenant uses more than its new limits allow. */
export interface Excess extends QuotaState {
  quota: Quota;
}

/** Of a grace that still runs, what is still needed under the new limits. */
export function carryOver(running: Grace | undefined, over: readonly Excess[]): Partial<Quotas> {
  const needed = over.map(({ quota }) => quota.limit);
  const quotas = Object.entries(running?.quotas ?? {});
  return Object.fromEntries(quotas.filter(([limit]) => needed.includes(limit as keyof Quotas)));
}

/**
 * What the change itself puts over: its limit falls, and below what is used. What was over before
 * and keeps its limit is not held against a change that has to do with something else.
 */
export function excessOf(
  over: readonly Excess[],
  held: Quotas,
  carried: Partial<Quotas>,
): Excess[] {
  return over.filter(({ quota, used, limit }) => {
    const next = Math.max(limit, carried[quota.limit] ?? 0);
    return used > next && next < held[quota.limit];
  });
}

/**
 * What is used keeps its place, and no more: nothing can be added until there is room. Events are
 * never given back, so theirs goes on under the limit before.
 */
export function grantFor(excess: readonly Excess[], held: Quotas): Partial<Quotas> {
  const granted = excess.map(({ quota: { limit }, used }) => [
    limit,
    limit === 'maxEvents' ? held.maxEvents : Math.min(held[limit], used),
  ]);
  return Object.fromEntries(granted);
}
