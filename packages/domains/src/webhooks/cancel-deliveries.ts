import type { Tx } from '@trellis/db/tenant-db';
import type { JobPayload } from '@trellis/queue/define-job';
import type { Platform } from '../platform.ts';
import { cancelDeliveries } from './jobs.ts';

export interface CancelLimits {
  /** Deliveries that one transaction cancels. */
  rowsMax: number;
  /** A job goes on for so long, and asks for another: others get their turn. */
  turnMs: number;
}

export const cancelLimits: CancelLimits = { rowsMax: 1_000, turnMs: 2_000 };

/** Time for whoever holds the rows that were passed over. */
const againMs = 5_000;

type Needs = Pick<Platform, 'db' | 'jobs' | 'clock'>;
type Payload = JobPayload<typeof cancelDeliveries>;

/**
 * Cancels page by page what waits for a subscription that was deleted. Nothing of it is sent any
 * more, so nobody waits for this.
 */
export function createCanceller(needs: Needs, limits = cancelLimits) {
  return async (payload: Payload): Promise<void> => {
    const endsMs = performance.now() + limits.turnMs;
    let after = payload.after ?? null;
    let more = true;
    while (more) {
      const isLast = performance.now() >= endsMs;
      after = await cancelNext(needs, { ...payload, after }, limits.rowsMax, isLast);
      more = after !== null && !isLast;
    }
  };
}

type Position = Omit<Payload, 'after'> & { after: string | null };

/** One transaction, which asks for another job when this one does not go on. */
function cancelNext(
  { db, jobs, clock }: Needs,
  { tenantId, webhookId, after }: Position,
  rowsMax: number,
  isLast: boolean,
): Promise<string | null> {
  return db.withTenant(tenantId, async (tx) => {
    const last = await cancelPage(tx, webhookId, after, rowsMax);
    if (last !== null) {
      if (isLast) await jobs.enqueue(tx, cancelDeliveries, { tenantId, webhookId, after: last });
    } else if (await hasWaiting(tx, webhookId)) {
      const runAt = new Date(clock.now().getTime() + againMs);
      await jobs.enqueue(tx, cancelDeliveries, { tenantId, webhookId }, { runAt });
    }
    return last;
  });
}

/** Cancels the first page at once, and asks for a job when that is not all. */
export async function cancelWaiting(
  jobs: Pick<Platform['jobs'], 'enqueue'>,
  tx: Tx,
  subscription: { tenantId: string; webhookId: string },
): Promise<void> {
  const { webhookId } = subscription;
  await cancelPage(tx, webhookId, null, cancelLimits.rowsMax);
  if (await hasWaiting(tx, webhookId)) await jobs.enqueue(tx, cancelDeliveries, subscription);
}

const firstId = '00000000-0000-0000-0000-000000000000';

/**
 * Answers the last id of a full page, and null at the end. What a worker is recording is passed
 * over: whoever waits for it could hold what the worker waits for.
 */
async function cancelPage(
  tx: Tx,
  webhookId: string,
  after: string | null,
  rowsMax: number,
): Promise<string | null> {
  // Walks the index of each status, so that what has ended is not looked at.
  const ofStatus = (status: 'pending' | 'failed') =>
    tx.sql`(
      select id from webhook_deliveries
      where webhook_id = ${webhookId} and status = ${status} and id > ${after ?? firstId}
      order by id limit ${rowsMax})`;
  const [page] = await tx.sql<{ last: string | null; seen: number }[]>`
    with page as materialized (
      select id from (${ofStatus('pending')} union all ${ofStatus('failed')}) waiting
      order by id limit ${rowsMax}
    ), held as materialized (
      select id from webhook_deliveries
      where id in (select id from page) and status in ('pending', 'failed')
      for update skip locked
    ), cancelled as (
      update webhook_deliveries set status = 'cancelled' where id in (select id from held)
    )
    select (select id from page order by id desc limit 1) as last, count(*)::int as seen
    from page`;
  return page?.seen === rowsMax ? page.last : null;
}

async function hasWaiting(tx: Tx, webhookId: string): Promise<boolean> {
  const [row] = await tx.sql<{ waits: boolean }[]>`
    select exists (
      select from webhook_deliveries
      where webhook_id = ${webhookId} and status in ('pending', 'failed')) as waits`;
  return row?.waits ?? false;
}
