import { decodeCursor } from '@trellis/core/pagination';
import { laterThan } from '@trellis/db/columns';
import { type Plan, plans, type Quotas } from '@trellis/db/schema/plans';
import { tenants } from '@trellis/db/schema/tenants';
import type { Tx } from '@trellis/db/tenant-db';
import { and, desc, eq, getTableColumns, ilike, lt, or, type SQL, sql } from 'drizzle-orm';
import { eventsMonth } from '../../plans/repository.ts';
import type { Tenant } from '../../tenants/repository.ts';
import type { TenantsQuery } from '../tenant-schemas.ts';

export interface CountedTenant extends Tenant {
  /** How many people are in it. */
  members: number;
}

const columns = {
  ...getTableColumns(tenants),
  members: sql<number>`(select count(*)::int from memberships m where m.tenant_id = tenants.id)`,
};

/** One more than the page, the newest first. */
export function listTenants(tx: Tx, query: TenantsQuery): Promise<CountedTenant[]> {
  const { limit, cursor, search, status, planType } = query;
  return tx.orm
    .select(columns)
    .from(tenants)
    .where(
      and(
        cursor === undefined ? undefined : lt(tenants.id, decodeCursor(cursor)),
        search === undefined ? undefined : contains(search),
        status === undefined ? undefined : eq(tenants.status, status),
        planType === undefined ? undefined : eq(tenants.planType, planType),
      ),
    )
    .orderBy(desc(tenants.id))
    .limit(limit + 1);
}

function contains(text: string): SQL | undefined {
  const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return or(ilike(tenants.name, pattern), ilike(tenants.slug, pattern));
}

export async function findCountedTenant(tx: Tx, id: string): Promise<CountedTenant | undefined> {
  const [tenant] = await tx.orm.select(columns).from(tenants).where(eq(tenants.id, id));
  return tenant;
}

/**
 * Lets nobody else change the tenant until the transaction ends. Not as strictly as for a removal:
 * a create that holds the lock of a quota refers to the tenant, and would wait for us as we for it.
 */
export async function lockTenant(tx: Tx, id: string): Promise<void> {
  await tx.orm
    .select({ id: tenants.id })
    .from(tenants)
    .where(eq(tenants.id, id))
    .for('no key update');
}

export async function updateTenant(
  tx: Tx,
  id: string,
  change: Partial<Pick<Tenant, 'status' | 'planType' | 'planOverrides'> & GraceColumns>,
): Promise<void> {
  await tx.orm
    .update(tenants)
    // Always later than before, because the version that clients compare is made from it.
    .set({ ...change, updatedAt: laterThan(tenants.updatedAt) })
    .where(eq(tenants.id, id));
}

/** What is left of the limits before: until a time, or for so many days from now. */
export interface NextGrace {
  quotas: Partial<Quotas>;
  ends: { until: Date } | { days: number };
}

interface GraceColumns {
  planGrace: SQL | Tenant['planGrace'];
  planGraceUntil: SQL | Date | null;
}

/** Events begin anew each month, so what is left of their limit is left for this one. */
export function graceColumns({ quotas, ends }: NextGrace): GraceColumns {
  if (Object.keys(quotas).length === 0) return { planGrace: {}, planGraceUntil: null };
  const month = sql`jsonb_build_object('eventsMonth', ${eventsMonth})`;
  return {
    planGrace: 'maxEvents' in quotas ? sql`${JSON.stringify(quotas)}::jsonb || ${month}` : quotas,
    planGraceUntil: 'until' in ends ? ends.until : sql`now() + make_interval(days => ${ends.days})`,
  };
}

/** Nobody changes the plan until the transaction ends. */
export async function holdPlan(tx: Tx, planType: string): Promise<Plan | undefined> {
  const [plan] = await tx.orm.select().from(plans).where(eq(plans.planType, planType)).for('share');
  return plan;
}
