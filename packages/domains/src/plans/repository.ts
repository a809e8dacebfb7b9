import { type Plan, plans } from '@trellis/db/schema/plans';
import { tenants } from '@trellis/db/schema/tenants';
import type { Tx } from '@trellis/db/tenant-db';
import { asc, eq } from 'drizzle-orm';

/** The plan of a tenant with its overrides applied. */
export async function planOf(tx: Tx, tenantId: string): Promise<Plan> {
  const [row] = await tx.orm
    .select({ plan: plans, overrides: tenants.planOverrides })
    .from(tenants)
    .innerJoin(plans, eq(plans.planType, tenants.planType))
    .where(eq(tenants.id, tenantId));
  if (!row) throw new Error(`tenant ${tenantId} has no plan`);
  return { ...row.plan, ...row.overrides };
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
