import type { CallContext } from '@trellis/core/context';
import type { Platform } from '../platform.ts';
import type { RateLimits } from '../rate-limits.ts';
import type { Quota } from './define-quota.ts';
import { readState } from './quota-state.ts';
import { type Grace, graceOf, limitsOf, listPlans } from './repository.ts';
import type { Plan, TenantUsage } from './schemas.ts';

export interface PlansService {
  list(call: CallContext): Promise<Plan[]>;
  /** What the tenant uses of its plan now. */
  usage(call: CallContext): Promise<TenantUsage>;
}

interface Needs extends Pick<Platform, 'db'> {
  quotas: readonly Quota[];
  rateLimits: RateLimits;
}

export function createPlansService({ db, quotas, rateLimits }: Needs): PlansService {
  return {
    list: ({ tenantId }) => db.withTenant(tenantId, listPlans),

    async usage({ tenantId }) {
      const [window, plan] = await Promise.all([
        rateLimits.lookAtTenant(tenantId),
        db.withTenant(tenantId, async (tx) => {
          const limits = await limitsOf(tx, tenantId);
          const states = quotas.map(async (quota) => [
            quota.name,
            await readState(tx, quota, limits),
          ]);
          return { limits, grace: await graceOf(tx, tenantId), states: await Promise.all(states) };
        }),
      ]);
      const { planType, planName, featuresEnabled, rateLimit } = plan.limits;
      return {
        ...Object.fromEntries(plan.states),
        planType,
        planName,
        featuresEnabled,
        rateLimit: { ...window, limit: rateLimit },
        grace: plan.grace ? presentGrace(plan.grace) : null,
      };
    },
  };
}

function presentGrace({ until, quotas }: Grace): NonNullable<TenantUsage['grace']> {
  return { until: until.toISOString(), quotas };
}
