import type { Plan, PlanOverrides } from '@trellis/db/schema/plans';
import type { Tx } from '@trellis/db/tenant-db';
import { emitEvent } from '../events/trigger-webhooks.ts';
import type { Platform } from '../platform.ts';
import { planChanged } from './events.ts';
import { toldLimits } from './told-limits.ts';

/** The plan of a tenant as it is now. */
export interface TenantPlan {
  tenantId: string;
  plan: Plan;
  overrides: PlanOverrides;
  /** Null without a grace. */
  graceUntil: Date | null;
}

/** Publishes `plan.changed` to the tenant. */
export function emitPlanChanged(
  needs: Pick<Platform, 'jobs'>,
  tx: Tx,
  { tenantId, plan, overrides, graceUntil }: TenantPlan,
  { previousPlanType, idempotencyKey }: { previousPlanType: string; idempotencyKey?: string },
): Promise<void> {
  const told = {
    planType: plan.planType,
    previousPlanType,
    // What to keep to in the end: while a grace goes on it is never less.
    limits: { ...toldLimits(plan), ...overrides },
    graceUntil: graceUntil?.toISOString() ?? null,
  };
  // One after another, so that the last that a tenant hears is what holds.
  const keys = { idempotencyKey, orderingKey: 'plan' };
  return emitEvent(needs, tx, tenantId, planChanged, told, keys);
}
