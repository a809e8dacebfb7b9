import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { encodeCursor, type Page, type PageQuery } from '@trellis/core/pagination';
import type { Tx } from '@trellis/db/tenant-db';
import { type AuditEntry, writeAudit } from '../../audit/write-audit.ts';
import { followChange } from '../../plans/follow-change.ts';
import type { Platform } from '../../platform.ts';
import { changeAsAdministrator } from '../change-as-administrator.ts';
import { adminErrors } from '../errors.ts';
import type { CreatePlanBody, PlanReply, UpdatePlanBody } from '../plan-schemas.ts';
import { presentPlan } from './present-plan.ts';
import {
  type CountedPlan,
  findCountedPlan,
  findDefault,
  insertPlan,
  listPlans,
  takeTurn,
  updatePlan,
} from './repository.ts';

export interface AdminPlansService {
  list(call: CallContext, query: PageQuery): Promise<Page<PlanReply>>;
  get(call: CallContext, planType: string): Promise<CountedPlan>;
  /** Throws `plan_exists` (409). */
  create(call: CallContext, input: CreatePlanBody): Promise<CountedPlan>;
  /**
   * `precondition` gets the last change of the plan, and throws when the caller saw an older one.
   * Throws `default_plan` (409) when no plan would be the default.
   */
  update(
    call: CallContext,
    planType: string,
    input: UpdatePlanBody,
    precondition: (updatedAt: Date) => void,
  ): Promise<CountedPlan>;
}

type Needs = Pick<Platform, 'db' | 'jobs' | 'changes' | 'secrets'>;

export function createAdminPlansService(needs: Needs): AdminPlansService {
  const { db } = needs;
  return {
    list: (call, query) => db.asSystem((tx) => list(needs, tx, call, query)),
    get: (call, planType) =>
      db.asSystem(async (tx) => {
        const plan = await planOf(tx, planType);
        await audit(needs, tx, call, 'plan.read', { resourceId: planType });
        return plan;
      }),
    create: (call, input) =>
      changeAsAdministrator(needs, call, (tx) => create(needs, tx, call, input)),
    update: (call, planType, input, precondition) =>
      changeAsAdministrator(needs, call, async (tx) => {
        await takeTurn(tx);
        const before = await planOf(tx, planType);
        precondition(before.updatedAt);
        return update(needs, tx, call, before, input);
      }),
  };
}

async function list(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  { limit, cursor }: PageQuery,
): Promise<Page<PlanReply>> {
  const rows = await listPlans(tx, {
    limit,
    after: cursor === undefined ? undefined : decodePlanType(cursor),
  });
  await audit(needs, tx, call, 'plan.listed', { resourceId: null });
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    data: shown.map(presentPlan),
    nextCursor: rows.length > limit && last ? encodeCursor(`plan/${last.planType}`) : null,
  };
}

/** Plans have no id but their name. Throws `invalid_cursor` (400) for what names no plan. */
function decodePlanType(cursor: string): string {
  const [, planType] =
    /^plan\/([a-z0-9-]+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (planType === undefined) throw commonErrors.invalid_cursor();
  return planType;
}

async function create(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  input: CreatePlanBody,
): Promise<CountedPlan> {
  await takeTurn(tx);
  if (input.isDefault) await endDefault(needs, tx, call);
  const made = await insertPlan(tx, input);
  if (!made) throw adminErrors.plan_exists(`There is a plan "${input.planType}" already.`);
  const plan = { ...made, tenants: 0 };
  const { planType } = plan;
  await audit(needs, tx, call, 'plan.created', { resourceId: planType, after: presentPlan(plan) });
  return plan;
}

async function update(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  before: CountedPlan,
  change: UpdatePlanBody,
): Promise<CountedPlan> {
  if (before.isDefault && change.isDefault === false) throw adminErrors.default_plan();
  if (!before.isDefault && change.isDefault) await endDefault(needs, tx, call);
  const after = await changePlan(needs, tx, call, before, change);
  await followChange(needs, tx, before, after);
  return after;
}

/** Of the plan that is the default until now. Safe after `takeTurn` only. */
async function endDefault(needs: Needs, tx: Tx, call: CallContext): Promise<void> {
  const last = await findDefault(tx);
  if (last) await changePlan(needs, tx, call, last, { isDefault: false });
}

async function changePlan(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  before: CountedPlan,
  change: UpdatePlanBody,
): Promise<CountedPlan> {
  const { planType, tenants } = before;
  const after = { ...(await updatePlan(tx, planType, change)), tenants };
  await audit(needs, tx, call, 'plan.updated', {
    resourceId: planType,
    before: presentPlan(before),
    after: presentPlan(after),
  });
  return after;
}

function audit(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  action: string,
  entry: Pick<AuditEntry, 'resourceId' | 'before' | 'after'>,
): Promise<void> {
  return writeAudit(needs, tx, call, { action, resourceType: 'plan', ...entry });
}

async function planOf(tx: Tx, planType: string): Promise<CountedPlan> {
  const plan = await findCountedPlan(tx, planType);
  if (!plan) throw commonErrors.not_found('There is no such plan.');
  return plan;
}
