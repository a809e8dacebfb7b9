import type { Plan } from '@trellis/db/schema/plans';
import type { QuotaState } from '../../plans/quota-state.ts';
import type { Grace, TenantLimits } from '../../plans/repository.ts';
import { toldLimits } from '../../plans/told-limits.ts';
import { presentTenant } from '../../tenants/present-tenant.ts';
import type { TenantPlanReply, TenantReply } from '../tenant-schemas.ts';
import type { CountedTenant } from './repository.ts';

/** What is known of the plan of a tenant at one moment. */
export interface PlanState {
  plan: Plan;
  grace: Grace | undefined;
  limits: TenantLimits;
  usage: Record<string, QuotaState>;
}

/** A tenant as the API shows it to administrators. */
export function presentCounted(tenant: CountedTenant): TenantReply {
  const { isPlatform, members, updatedAt } = tenant;
  return {
    ...presentTenant(tenant),
    isPlatform,
    members,
    updatedAt: updatedAt.toISOString(),
  };
}

/** The same with its plan. */
export function presentWithPlan(tenant: CountedTenant, state: PlanState): TenantPlanReply {
  const { plan, grace, limits, usage } = state;
  return {
    ...presentCounted(tenant),
    plan,
    overrides: tenant.planOverrides,
    grace: grace ? { until: grace.until.toISOString(), quotas: grace.quotas } : null,
    limits: toldLimits(limits),
    usage,
  };
}
