import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { type Page, toPage } from '@trellis/core/pagination';
import type { Tx } from '@trellis/db/tenant-db';
import { writeAudit } from '../../audit/write-audit.ts';
import { accessChanged } from '../../auth/authenticate.ts';
import { emitEvent } from '../../events/trigger-webhooks.ts';
import type { Quota } from '../../plans/define-quota.ts';
import { readState } from '../../plans/quota-state.ts';
import { findPlan, graceOf, limitsOf } from '../../plans/repository.ts';
import type { Platform } from '../../platform.ts';
import { tenantUpdated } from '../../tenants/events.ts';
import { presentTenant } from '../../tenants/present-tenant.ts';
import { auditTenantChange } from '../audit-change.ts';
import { changeAsAdministrator } from '../change-as-administrator.ts';
import { adminErrors } from '../errors.ts';
import type {
  TenantPlanBody,
  TenantPlanReply,
  TenantReply,
  TenantsQuery,
  UpdateTenantBody,
} from '../tenant-schemas.ts';
import { presentCounted, presentWithPlan } from './present-tenant.ts';
import {
  type CountedTenant,
  findCountedTenant,
  listTenants,
  lockTenant,
  updateTenant,
} from './repository.ts';
import { setPlan } from './set-plan.ts';

/** A tenant as it is shown, and its last change. */
export interface ShownTenant {
  shown: TenantPlanReply;
  updatedAt: Date;
}

/** Gets the last change of the tenant, and throws when the caller saw an older one. */
type Precondition = (updatedAt: Date) => void;

export interface AdminTenantsService {
  list(call: CallContext, query: TenantsQuery): Promise<Page<TenantReply>>;
  get(call: CallContext, id: string): Promise<ShownTenant>;
  /** Suspends or resumes. Throws `platform_tenant` (409). */
  update(
    call: CallContext,
    id: string,
    input: UpdateTenantBody,
    precondition: Precondition,
  ): Promise<ShownTenant>;
  /** Throws `unknown_plan` (422) and `plan_below_use` (409). */
  setPlan(
    call: CallContext,
    id: string,
    input: TenantPlanBody,
    precondition: Precondition,
  ): Promise<ShownTenant>;
}

interface Needs extends Pick<Platform, 'db' | 'jobs' | 'changes' | 'secrets'> {
  /** What the domains count against the plan. */
  quotas: readonly Quota[];
}

export function createAdminTenantsService(needs: Needs): AdminTenantsService {
  const { db, quotas } = needs;
  return {
    list: (call, query) => db.asSystem((tx) => list(needs, tx, call, query)),
    get: (call, id) =>
      db.asSystem(async (tx) => {
        const tenant = await show(tx, quotas, id);
        const resourceId = tenant.shown.id;
        const entry = { action: 'tenant.read', resourceType: 'tenant', resourceId };
        await writeAudit(needs, tx, call, entry);
        return tenant;
      }),
    update: (call, id, input, precondition) =>
      changeAsAdministrator(needs, call, async (tx) => {
        const before = await lockedTenant(tx, id, precondition);
        await changeStatus(needs, tx, call, before, input);
        return show(tx, quotas, id);
      }),
    setPlan: (call, id, input, precondition) =>
      changeAsAdministrator(needs, call, async (tx) => {
        const before = await lockedTenant(tx, id, precondition);
        await setPlan(needs, tx, call, before, input);
        return show(tx, quotas, id);
      }),
  };
}

async function list(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  query: TenantsQuery,
): Promise<Page<TenantReply>> {
  const { search, status, planType } = query;
  const rows = await listTenants(tx, query);
  await writeAudit(needs, tx, call, {
    action: 'tenant.listed',
    resourceType: 'tenant',
    resourceId: null,
    after: { search, status, planType },
  });
  return toPage(rows, query.limit, presentCounted);
}

/** Once this is committed, every process asks anew whether credentials of the tenant are taken. */
async function changeStatus(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  before: CountedTenant,
  { status }: UpdateTenantBody,
): Promise<void> {
  if (before.isPlatform && status === 'suspended') throw adminErrors.platform_tenant();
  const { id: tenantId } = before;
  if (status !== before.status) await updateTenant(tx, tenantId, { status });
  const shown = { before: presentTenant(before), after: presentTenant({ ...before, status }) };
  const change = { action: 'tenant.status_changed', tenantId, ...shown };
  if (!(await auditTenantChange(needs, tx, call, change))) return;
  await needs.changes.announce(tx, accessChanged, tenantId);
  await emitEvent(needs, tx, tenantId, tenantUpdated, shown.after);
}

async function show(tx: Tx, quotas: readonly Quota[], id: string): Promise<ShownTenant> {
  const tenant = found(await findCountedTenant(tx, id));
  const plan = await findPlan(tx, tenant.planType);
  if (!plan) throw new Error(`tenant ${id} has no plan`);
  const limits = await limitsOf(tx, id);
  const usage: Record<string, Awaited<ReturnType<typeof readState>>> = {};
  for (const quota of quotas) usage[quota.name] = await readState(tx, quota, limits);
  const state = { plan, limits, usage, grace: await graceOf(tx, id) };
  return { shown: presentWithPlan(tenant, state), updatedAt: tenant.updatedAt };
}

async function lockedTenant(
  tx: Tx,
  id: string,
  precondition: Precondition,
): Promise<CountedTenant> {
  await lockTenant(tx, id);
  const tenant = found(await findCountedTenant(tx, id));
  precondition(tenant.updatedAt);
  return tenant;
}

function found(tenant: CountedTenant | undefined): CountedTenant {
  if (!tenant) throw commonErrors.not_found('There is no such tenant.');
  return tenant;
}
