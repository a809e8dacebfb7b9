import type { CallContext } from '@trellis/core/context';
import type { Platform } from '../platform.ts';
import type { RateLimits } from '../rate-limits.ts';
import type { Quota } from './define-quota.ts';
import { type QuotaState, readState } from './quota-state.ts';
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
    list: ({ tenantId }) => db.withTenant(tenantId, (tx) => listPlans(tx, tenantId)),

    async usage({ tenantId }) {
      const [window, plan] = await Promise.all([
        rateLimits.lookAtTenant(tenantId),
        db.withTenant(tenantId, async (tx) => {
          const limits = await limitsOf(tx, tenantId);
          const states: Record<string, QuotaState> = {};
          // One after another: a failure of one leaves no other under way that nobody waits for.
          for (const quota of quotas) states[quota.name] = await readState(tx, quota, limits);
          return { limits, grace: await graceOf(tx, tenantId), states };
        }),
      ]);
      const { planType, planName, featuresEnabled, rateLimit } = plan.limits;
      const { limit: windowLimit, ...requests } = window;
      return {
        ...plan.states,
        planType,
        planName,
        featuresEnabled,
        rateLimit: { limit: rateLimit, windowLimit, ...requests },
        grace: plan.grace ? presentGrace(plan.grace) : null,
      };
    },
  };
}

function presentGrace({ until, quotas }: Grace): NonNullable<TenantUsage['grace']> {
  return { until: until.toISOString(), quotas };
}
