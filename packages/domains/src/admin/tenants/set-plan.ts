import { isDeepStrictEqual } from 'node:util';
import type { CallContext } from '@trellis/core/context';
import type { FieldError } from '@trellis/core/errors';
import type { Plan, PlanOverrides, Quotas } from '@trellis/db/schema/plans';
import type { Tx } from '@trellis/db/tenant-db';
import type { Quota } from '../../plans/define-quota.ts';
import { emitPlanChanged } from '../../plans/emit-plan-changed.ts';
import { tenantLimitsChanged } from '../../plans/kept-limits.ts';
import { readState } from '../../plans/quota-state.ts';
import { graceOf, limitsOf } from '../../plans/repository.ts';
import { lockQuota } from '../../plans/reserve-quota.ts';
import type { Platform } from '../../platform.ts';
import { auditTenantChange } from '../audit-change.ts';
import { adminErrors } from '../errors.ts';
import type { TenantPlanBody } from '../tenant-schemas.ts';
import { carryOver, type Excess, excessOf, grantFor } from './next-grace.ts';
import {
  type CountedTenant,
  graceColumns,
  holdPlan,
  type NextGrace,
  updateTenant,
} from './repository.ts';

interface Needs extends Pick<Platform, 'jobs' | 'changes' | 'secrets'> {
  quotas: readonly Quota[];
}

/**
 * Replaces the plan and the overrides of a tenant that is locked. Throws `unknown_plan` (422), and
 * `plan_below_use` (409) when a limit falls below what is used and no grace is asked for.
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
  const grace = await nextGrace(needs, tx, tenantId, { plan, overrides, graceDays });
  const given = { planType, planOverrides: overrides };
  if (changes(before, given, grace)) {
    await updateTenant(tx, tenantId, { ...given, ...graceColumns(grace) });
    await needs.changes.announce(tx, tenantLimitsChanged, tenantId);
  }
  const after = await stateOf(tx, tenantId, given);
  const change = { action: 'tenant.plan_changed', tenantId, before, after };
  if (!(await auditTenantChange(needs, tx, call, change))) return;
  const graceUntil = (await graceOf(tx, tenantId))?.until ?? null;
  const previousPlanType = tenant.planType;
  await emitPlanChanged(needs, tx, { tenantId, plan, overrides, graceUntil }, { previousPlanType });
}

interface Wanted extends Pick<TenantPlanBody, 'graceDays'> {
  plan: Plan;
  overrides: PlanOverrides;
}

/** Throws `plan_below_use` (409) for what needs a grace that is not asked for. */
async function nextGrace(
  { quotas }: Needs,
  tx: Tx,
  tenantId: string,
  { plan, overrides, graceDays }: Wanted,
): Promise<NextGrace> {
  const held = await limitsOf(tx, tenantId);
  const running = await graceOf(tx, tenantId);
  // What is counted stays so until the commit: each create waits for the lock of its quota, and
  // then reads the limits anew.
  for (const quota of quotas) await lockQuota(tx, tenantId, quota);
  const over = await findOver(tx, quotas, { ...plan, ...overrides, tenantId });
  if (graceDays !== undefined) {
    const granted = graceDays === 0 ? {} : grantFor(excessOf(over, held, {}), held);
    return { quotas: granted, ends: { days: graceDays } };
  }
  const carried = carryOver(running, over);
  const excess = excessOf(over, held, carried);
  if (excess.length > 0) throw belowUse(plan.planType, excess);
  return running ? { quotas: carried, ends: running } : { quotas: {}, ends: { days: 0 } };
}

async function findOver(
  tx: Tx,
  quotas: readonly Quota[],
  limits: Quotas & { tenantId: string },
): Promise<Excess[]> {
  const over: Excess[] = [];
  for (const quota of quotas) {
    const state = await readState(tx, quota, limits);
    if (state.used > state.limit) over.push({ ...state, quota });
  }
  return over;
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

/** Whether there is something to write. A grace that is granted anew ends later than any before. */
function changes(
  before: Awaited<ReturnType<typeof stateOf>>,
  { planType, planOverrides }: Pick<CountedTenant, 'planType' | 'planOverrides'>,
  { quotas, ends }: NextGrace,
): boolean {
  const isGranted = 'days' in ends && Object.keys(quotas).length > 0;
  const after = [planType, planOverrides, quotas];
  const { grace } = before;
  return (
    isGranted || !isDeepStrictEqual([before.planType, before.overrides, grace?.quotas ?? {}], after)
  );
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
