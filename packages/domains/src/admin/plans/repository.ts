import { laterThan } from '@trellis/db/columns';
import { type Plan, plans } from '@trellis/db/schema/plans';
import { tenants } from '@trellis/db/schema/tenants';
import type { Tx } from '@trellis/db/tenant-db';
import { asc, count, eq, getTableColumns, gt, type SQL, sql } from 'drizzle-orm';

export interface CountedPlan extends Plan {
  /** How many tenants are on it. */
  tenants: number;
}

export interface PlansPage {
  limit: number;
  /** The last plan of the page before. */
  after: string | undefined;
}

/** One more than the page, by name. */
export function listPlans(tx: Tx, { limit, after }: PlansPage): Promise<CountedPlan[]> {
  return selectPlans(tx, after === undefined ? undefined : gt(plans.planType, after)).limit(
    limit + 1,
  );
}

export async function findCountedPlan(tx: Tx, planType: string): Promise<CountedPlan | undefined> {
  const [plan] = await selectPlans(tx, eq(plans.planType, planType));
  return plan;
}

/** The plan that new tenants get. */
export async function findDefault(tx: Tx): Promise<CountedPlan | undefined> {
  const [plan] = await selectPlans(tx, eq(plans.isDefault, true));
  return plan;
}

function selectPlans(tx: Tx, condition: SQL | undefined) {
  const used = tx.orm
    .select({ planType: tenants.planType, tenants: count().as('tenants') })
    .from(tenants)
    .groupBy(tenants.planType)
    .as('used');
  return tx.orm
    .select({
      ...getTableColumns(plans),
      tenants: sql<number>`coalesce(${used.tenants}, 0)::int`,
    })
    .from(plans)
    .leftJoin(used, eq(used.planType, plans.planType))
    .where(condition)
    .orderBy(asc(plans.planType));
}

/**
 * Changes of plans come one after another, until the end of each transaction, so that at each
 * moment exactly one is the default.
 */
export async function takeTurn(tx: Tx): Promise<void> {
  await tx.sql`select pg_advisory_xact_lock(hashtextextended('plans/change', 0))`;
}

/** Undefined when there is one of this name. */
export async function insertPlan(
  tx: Tx,
  plan: typeof plans.$inferInsert,
): Promise<Plan | undefined> {
  const [made] = await tx.orm.insert(plans).values(plan).onConflictDoNothing().returning();
  return made;
}

export async function updatePlan(
  tx: Tx,
  planType: string,
  change: Partial<typeof plans.$inferInsert>,
): Promise<Plan> {
  const [changed] = await tx.orm
    .update(plans)
    // Always later than before, because the version that clients compare is made from it.
    .set({ ...change, updatedAt: laterThan(plans.updatedAt) })
    .where(eq(plans.planType, planType))
    .returning();
  return changed as Plan;
}
