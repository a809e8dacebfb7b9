import type { CallContext } from '@trellis/core/context';
import type { FieldError } from '@trellis/core/errors';
import type { PlanGrace } from '@trellis/db/schema/plans';
import type { Tx } from '@trellis/db/tenant-db';
import type { Quota } from '../../plans/define-quota.ts';
import { emitPlanChanged } from '../../plans/emit-plan-changed.ts';
import { tenantLimitsChanged } from '../../plans/kept-limits.ts';
import { type QuotaState, readState } from '../../plans/quota-state.ts';
import { graceOf, limitsOf, type TenantLimits } from '../../plans/repository.ts';
import { lockQuota } from '../../plans/reserve-quota.ts';
import type { Platform } from '../../platform.ts';
import { auditTenantChange } from '../audit-change.ts';
import { adminErrors } from '../errors.ts';
import type { TenantPlanBody } from '../tenant-schemas.ts';
import { type CountedTenant, grantGrace, holdPlan, updateTenant } from './repository.ts';

interface Needs extends Pick<Platform, 'jobs' | 'changes' | 'secrets'> {
  quotas: readonly Quota[];
}

/** A quota of which the tenant uses more than its limits allow. */
interface Excess extends QuotaState {
  quota: Quota;
}

/**
 * Replaces the plan and the overrides of a tenant that is locked. Throws `unknown_plan` (422), and
 * `plan_below_use` (409) when more is used than would then be allowed and no grace is asked for.
 */
export async function setPlan(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  tenant: CountedTenant,
  { planType, overrides = {}, graceDays }: TenantPlanBody,
): Promise<void> {
  const { id: tenantId } = tenant;
  const plan = await holdPlan(tx, planType);
  if (!plan) throw adminErrors.unknown_plan(`There is no plan "${planType}".`);
  const before = await stateOf(tx, tenantId, tenant);
  const held = await limitsOf(tx, tenantId);
  // What is counted stays so until the commit: each create waits for the lock of its quota, and
  // then reads the limits anew.
  for (const quota of needs.quotas) await lockQuota(tx, tenantId, quota);
  const given = { planType, planOverrides: overrides };
  await updateTenant(tx, tenantId, { ...given, planGrace: {}, planGraceUntil: null });
  const excess = await findExcess(tx, needs.quotas, tenantId);
  if (excess.length > 0 && graceDays === undefined) throw belowUse(planType, excess);
  if (excess.length > 0 && graceDays) {
    await grantGrace(tx, tenantId, limitsOfQuotas(excess, held), graceDays);
  }
  await needs.changes.announce(tx, tenantLimitsChanged, tenantId);
  const after = await stateOf(tx, tenantId, given);
  const change = { action: 'tenant.plan_changed', tenantId, before, after };
  if (!(await auditTenantChange(needs, tx, call, change))) return;
  const graceUntil = (await graceOf(tx, tenantId))?.until ?? null;
  const previousPlanType = tenant.planType;
  await emitPlanChanged(needs, tx, { tenantId, plan, overrides, graceUntil }, { previousPlanType });
}

async function findExcess(tx: Tx, quotas: readonly Quota[], tenantId: string): Promise<Excess[]> {
  const limits = await limitsOf(tx, tenantId);
  const excess: Excess[] = [];
  for (const quota of quotas) {
    const state = await readState(tx, quota, limits);
    if (state.used > state.limit) excess.push({ ...state, quota });
  }
  return excess;
}

function belowUse(planType: string, excess: Excess[]): Error {
  const errors = excess.map(
    ({ quota, used, limit }): FieldError => ({
      path: quota.name,
      message: `${used} are used, the plan allows ${limit}`,
    }),
  );
  const names = excess.map(({ quota }) => quota.name).join(', ');
  return adminErrors.plan_below_use(`More is used than "${planType}" allows: ${names}.`, {
    errors,
  });
}

function limitsOfQuotas(excess: Excess[], limits: TenantLimits): PlanGrace {
  return Object.fromEntries(excess.map(({ quota }) => [quota.limit, limits[quota.limit]]));
}

/** The plan of a tenant as the trail keeps it. */
async function stateOf(
  tx: Tx,
  tenantId: string,
  { planType, planOverrides }: Pick<CountedTenant, 'planType' | 'planOverrides'>,
) {
  const { quotas = {}, until } = (await graceOf(tx, tenantId)) ?? {};
  const grace = until ? { until: until.toISOString(), quotas } : null;
  return { planType, overrides: planOverrides, grace };
}
