import { events } from '@trellis/db/schema/events';
import type { Plan } from '@trellis/db/schema/plans';
import { tenants } from '@trellis/db/schema/tenants';
import { webhooks } from '@trellis/db/schema/webhooks';
import type { Tx } from '@trellis/db/tenant-db';
import type { JobPayload } from '@trellis/queue/define-job';
import { and, arrayOverlaps, asc, eq, exists, gt, inArray, sql } from 'drizzle-orm';
import { patternsOf } from '../events/event-type.ts';
import type { Platform } from '../platform.ts';
import { emitPlanChanged } from './emit-plan-changed.ts';
import { planChanged } from './events.ts';
import { tellPlanChange } from './jobs.ts';
import { findPlan, graceOf } from './repository.ts';

export interface TellLimits {
  /** Tenants that one transaction tells. */
  tenantsMax: number;
  /** A job goes on for so long, and asks for another: others get their turn. */
  turnMs: number;
}

export const tellLimits: TellLimits = { tenantsMax: 100, turnMs: 2_000 };

type Needs = Pick<Platform, 'db' | 'jobs'>;
type Payload = JobPayload<typeof tellPlanChange>;

/**
 * Tells the tenants of a plan, page by page, that their limits have changed. A page is one
 * transaction, and what it published bears the key of the change: a job that begins anew after a
 * crash passes over who was told.
 */
export function createTeller(needs: Needs, limits = tellLimits) {
  return async (payload: Payload): Promise<void> => {
    const endsMs = performance.now() + limits.turnMs;
    let rest: Payload | undefined = payload;
    let isLast = false;
    while (rest && !isLast) {
      isLast = performance.now() >= endsMs;
      rest = await tellNext(needs, rest, limits.tenantsMax, isLast);
    }
  };
}

/** One transaction, which asks for another job when this one does not go on. */
function tellNext(
  { db, jobs }: Needs,
  payload: Payload,
  tenantsMax: number,
  isLast: boolean,
): Promise<Payload | undefined> {
  return db.asSystem(async (tx) => {
    const page = await lockPage(tx, payload, tenantsMax);
    // Read behind the locks: whoever tells these tenants later tells of no older plan.
    const plan = await findPlan(tx, payload.planType);
    if (!plan) return undefined;
    await tellPage({ jobs }, tx, payload, plan, page);
    const last = page.at(-1);
    if (!last || page.length < tenantsMax) return undefined;
    const rest = { ...payload, after: last.id };
    if (isLast) await jobs.enqueue(tx, tellPlanChange, rest);
    return rest;
  });
}

type Listener = Pick<typeof tenants.$inferSelect, 'id' | 'planOverrides'>;

/**
 * The next tenants of the plan whose limits have changed and who ask to hear of it. Locked, so that
 * nobody gives them another plan between what is read here and what is published.
 */
function lockPage(
  tx: Tx,
  { planType, changed, after }: Payload,
  tenantsMax: number,
): Promise<Listener[]> {
  const listening = tx.orm
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(
      and(
        eq(webhooks.tenantId, tenants.id),
        eq(webhooks.isActive, true),
        arrayOverlaps(webhooks.events, patternsOf(planChanged.name)),
      ),
    );
  return (
    tx.orm
      .select({ id: tenants.id, planOverrides: tenants.planOverrides })
      .from(tenants)
      .where(
        and(
          eq(tenants.planType, planType),
          after === undefined ? undefined : gt(tenants.id, after),
          sql`not (${tenants.planOverrides} ?& ${sql.param(changed)}::text[])`,
          exists(listening),
        ),
      )
      .orderBy(asc(tenants.id))
      .limit(tenantsMax)
      // Weaker than an update of the key: rows that refer to the tenant are made meanwhile.
      .for('no key update')
  );
}

async function tellPage(
  needs: Pick<Needs, 'jobs'>,
  tx: Tx,
  { planType, changeId }: Payload,
  plan: Plan,
  page: Listener[],
): Promise<void> {
  const idempotencyKey = `${tellPlanChange.name}/${changeId}`;
  // Asked behind the locks, so that what another run of the same job has told is seen.
  const told = await tx.orm
    .select({ tenantId: events.tenantId })
    .from(events)
    .where(
      and(
        inArray(
          events.tenantId,
          page.map(({ id }) => id),
        ),
        eq(events.idempotencyKey, idempotencyKey),
      ),
    );
  const known = new Set(told.map(({ tenantId }) => tenantId));
  for (const { id, planOverrides } of page) {
    if (known.has(id)) continue;
    const graceUntil = (await graceOf(tx, id))?.until ?? null;
    const tenant = { tenantId: id, plan, overrides: planOverrides, graceUntil };
    await emitPlanChanged(needs, tx, tenant, { previousPlanType: planType, idempotencyKey });
  }
}
