import { type Plan, plans } from '@trellis/db/schema/plans';
import { tenantLimits } from '@trellis/db/schema/tenant-limits';
import type { Tx } from '@trellis/db/tenant-db';
import { asc, eq } from 'drizzle-orm';

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

export function listPlans(tx: Tx): Promise<Plan[]> {
  return tx.orm.select().from(plans).orderBy(asc(plans.rateLimit));
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
