import { type Plan, plans, type Quotas } from '@trellis/db/schema/plans';
import { tenantLimits } from '@trellis/db/schema/tenant-limits';
import { tenants } from '@trellis/db/schema/tenants';
import type { Tx } from '@trellis/db/tenant-db';
import { and, asc, eq, gt, inArray, or, type SQL, sql } from 'drizzle-orm';

/** What a tenant may use: its plan, with its overrides and the grace of a change applied. */
export type TenantLimits = typeof tenantLimits.$inferSelect;

export async function limitsOf(tx: Tx, tenantId: string): Promise<TenantLimits> {
  const [limits] = await tx.orm
    .select()
    .from(tenantLimits)
    .where(eq(tenantLimits.tenantId, tenantId));
  if (!limits) throw new Error(`tenant ${tenantId} has no plan`);
  return limits;
}

/** What a change of plan left of the limits before, until a time that is still to come. */
export interface Grace {
  until: Date;
  quotas: Partial<Quotas>;
}

/** The calendar month that events count for now, as in 2026-01. */
export const eventsMonth: SQL = sql`to_char(now() at time zone 'utc', 'YYYY-MM')`;

/** The quotas of a grace, without that of events once their month is over. */
const gracedNow = sql`
  case when ${tenants.planGrace}->>'eventsMonth' = ${eventsMonth} then ${tenants.planGrace}
    else ${tenants.planGrace} - 'maxEvents' end - 'eventsMonth'`.mapWith(tenants.planGrace);

export async function graceOf(tx: Tx, tenantId: string): Promise<Grace | undefined> {
  const [row] = await tx.orm
    .select({ until: tenants.planGraceUntil, quotas: gracedNow })
    .from(tenants)
    .where(and(eq(tenants.id, tenantId), gt(tenants.planGraceUntil, sql`now()`)));
  const { until, quotas } = row ?? {};
  return until && quotas && Object.keys(quotas).length > 0 ? { until, quotas } : undefined;
}

/** Those that anybody may see, and the tenant's own. */
export function listPlans(tx: Tx, tenantId: string): Promise<Plan[]> {
  const own = tx.orm
    .select({ planType: tenants.planType })
    .from(tenants)
    .where(eq(tenants.id, tenantId));
  return tx.orm
    .select()
    .from(plans)
    .where(or(eq(plans.isPublic, true), inArray(plans.planType, own)))
    .orderBy(asc(plans.rateLimit), asc(plans.planType));
}

export async function findPlan(tx: Tx, planType: string): Promise<Plan | undefined> {
  const [plan] = await tx.orm.select().from(plans).where(eq(plans.planType, planType));
  return plan;
}

/** The plan that a new tenant gets. */
export async function defaultPlan(tx: Tx): Promise<string> {
  const [row] = await tx.orm
    .select({ planType: plans.planType })
    .from(plans)
    .where(eq(plans.isDefault, true))
    .limit(1);
  if (!row) throw new Error('no plan is marked as the default; run the setup step');
  return row.planType;
}
