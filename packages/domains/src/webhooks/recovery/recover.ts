import type { JobPayload, JobRun } from '@trellis/queue/define-job';
import type { Platform } from '../../platform.ts';
import { deliverWebhooks, recoverWebhook } from '../jobs.ts';
import { type Counted, countPage, countRowsMax, notCounted } from './count-rows.ts';
import type { Search } from './look-for-rows.ts';
import { queueRows } from './queue-rows.ts';
import { holdWebhook, isOpen, lockRecovery, type Recovery, updateRecovery } from './repository.ts';

type Needs = Pick<Platform, 'db' | 'jobs' | 'clock'>;
type Payload = JobPayload<typeof recoverWebhook>;

export interface RecoverLimits {
  /** Rows that one statement counts. */
  countRowsMax: number;
  /** Rows that one transaction looks at. */
  rowsMax: number;
  /**
   * A job counts and queues for so long, and asks for another that goes on: others get their turn, and a
   * worker that stops need not wait for it.
   */
  turnMs: number;
}

const usualLimits: RecoverLimits = { countRowsMax, rowsMax: 1_000, turnMs: 2_000 };

/**
 * Queues page by page what a recovery is for. Each page is one transaction that holds the lock of
 * the recovery, queues, and moves the cursor: so a worker that is killed is followed by one that
 * goes on behind the last page, and two that run at once take turns and queue nothing twice.
 */
export function createRecoverer(needs: Needs, given: Partial<RecoverLimits> = {}) {
  const limits = { ...usualLimits, ...given };
  return async (payload: Payload, { attempt }: Pick<JobRun, 'attempt'>): Promise<void> => {
    const endsMs = performance.now() + limits.turnMs;
    try {
      const search = await begin(needs, payload);
      let more = !search || (await count(needs, payload, search, limits.countRowsMax, endsMs));
      while (more) {
        const isLast = performance.now() >= endsMs;
        more = await queuePage(needs, payload, limits.rowsMax, isLast);
      }
    } catch (error) {
      if (attempt >= recoverWebhook.attempts) await endAsFailed(needs, payload);
      throw error;
    }
  };
}

/** Answers what is to be counted first, unless that was done before. */
function begin(
  { db, clock }: Needs,
  { tenantId, recoveryId }: Payload,
): Promise<Search | undefined> {
  return db.withTenant(tenantId, async (tx) => {
    const webhook = await holdWebhook(tx, recoveryId);
    const recovery = await lockRecovery(tx, recoveryId);
    if (!webhook || !recovery || !isOpen(recovery) || recovery.total !== null) return undefined;
    const startedAt = recovery.startedAt ?? clock.now();
    await updateRecovery(tx, recoveryId, { status: 'running', startedAt });
    return searchOf(recovery, webhook);
  });
}

/**
 * Counts what there is to queue. False when the time was over: another job goes on with the count,
 * so that a worker that is killed has counted little in vain.
 */
async function count(
  { db, jobs }: Needs,
  { tenantId, recoveryId, counted: before }: Payload,
  search: Search,
  rowsMax: number,
  endsMs: number,
): Promise<boolean> {
  let counted: Counted = { ...notCounted, ...before };
  do counted = await countPage(db, search, counted, rowsMax);
  while (!counted.isEnd && performance.now() < endsMs);
  const { count: total, after, isEnd } = counted;
  return db.withTenant(tenantId, async (tx) => {
    const recovery = await lockRecovery(tx, recoveryId);
    // Another worker that counted too may have queued some of it by now.
    if (!recovery || !isOpen(recovery) || recovery.total !== null) return true;
    if (isEnd) await updateRecovery(tx, recoveryId, { total });
    else if (after !== null) {
      const payload = { tenantId, recoveryId, counted: { count: total, after } };
      await jobs.enqueue(tx, recoverWebhook, payload);
    }
    return isEnd;
  });
}

/** True when the same job is to go on with another page. */
function queuePage(
  { db, jobs, clock }: Needs,
  { tenantId, recoveryId }: Payload,
  rowsMax: number,
  isLast: boolean,
): Promise<boolean> {
  return db.withTenant(tenantId, async (tx) => {
    const webhook = await holdWebhook(tx, recoveryId);
    const recovery = await lockRecovery(tx, recoveryId);
    if (!webhook || !recovery || !isOpen(recovery)) return false;
    const range = { after: recovery.cursor, rowsMax };
    const { last, seen, queued } = await queueRows(tx, searchOf(recovery, webhook), range);
    const isEnd = seen < rowsMax;
    await updateRecovery(tx, recoveryId, {
      cursor: last ?? recovery.cursor,
      queued: recovery.queued + queued,
      ...(isEnd && { status: 'completed', finishedAt: clock.now() }),
    });
    if (queued > 0) tx.afterCommit(() => jobs.ring(deliverWebhooks));
    if (!isEnd && isLast) await jobs.enqueue(tx, recoverWebhook, { tenantId, recoveryId });
    return !isEnd && !isLast;
  });
}

function searchOf({ kind, since, until }: Recovery, webhook: Search['webhook']): Search {
  return { kind, since, until, webhook };
}

/** So that it does not stand in the way of the next one. */
function endAsFailed({ db, clock }: Needs, { tenantId, recoveryId }: Payload): Promise<void> {
  return db.withTenant(tenantId, async (tx) => {
    const recovery = await lockRecovery(tx, recoveryId);
    if (!recovery || !isOpen(recovery)) return;
    await updateRecovery(tx, recoveryId, { status: 'failed', finishedAt: clock.now() });
  });
}
