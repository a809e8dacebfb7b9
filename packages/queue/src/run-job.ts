import { Value } from '@sinclair/typebox/value';
import type { Log } from '@trellis/core/log';
import { classifyFailure } from '@trellis/db/failures';
import type { TenantDb } from '@trellis/db/tenant-db';
import { DelayedError, type Job } from 'bullmq';
import type { JobHandler } from './define-job.ts';
import { PermanentError } from './permanent-error.ts';
import { failureText, toldError } from './told-error.ts';

/** A job whose row cannot be reached comes back after this. */
const againMs = 2_000;

export interface RunJobOptions {
  db: Pick<TenantDb, 'asSystem'>;
  handlers: ReadonlyMap<string, JobHandler>;
  log: Pick<Log, 'warn' | 'error'>;
}

/**
 * Does one job of the queue. What becomes of a durable one is written to its row before the queue
 * hears of it, so the queue may forget it at any time: as long as the row is open the relay brings
 * it back. While Postgres is away no try is counted.
 */
export async function runJob(
  options: RunJobOptions,
  job: Job,
  token: string | undefined,
): Promise<void> {
  try {
    await run(options, job, token);
  } catch (error) {
    throw error instanceof DelayedError ? error : toldError(error);
  }
}

async function run(options: RunJobOptions, job: Job, token: string | undefined): Promise<void> {
  const handler = options.handlers.get(job.name);
  const details = { id: String(job.id), attempt: job.attemptsMade + 1 };
  if (!isDurable(job)) {
    if (!handler) throw new Error(`no handler for job "${job.name}"`);
    return handler.run({}, details);
  }
  // Of a newer release: it leaves the queue, and a worker that knows it relays its row again.
  if (!handler) return;
  const onRow = <Result>(work: Promise<Result>) => orLater(options, job, token, work);
  try {
    const payload = await onRow(readPayload(options, details.id));
    // No row: it was done before, by a worker that was killed before it could say so.
    if (payload === undefined) return;
    if (!Value.Check(handler.job.payload, payload)) {
      throw new Error(`the payload of job "${job.name}" does not fit its schema`);
    }
    await handler.run(payload, details);
    await onRow(removeRow(options, details.id));
  } catch (error) {
    if (error instanceof DelayedError) throw error;
    const isLast = error instanceof PermanentError || details.attempt >= (job.opts.attempts ?? 1);
    if (isLast) await onRow(markFailed(options, details.id, error));
    throw error;
  }
}

/** A job with a row in Postgres; the others are doorbells and schedules. */
function isDurable(job: Job): boolean {
  return (job.data as { durable?: boolean }).durable === true;
}

/**
 * While Postgres is away the job waits in the queue, with as many tries left as before. Whatever
 * else Postgres says of the row is a failure of this try, like what the handler throws.
 */
async function orLater<Result>(
  { log }: RunJobOptions,
  job: Job,
  token: string | undefined,
  work: Promise<Result>,
): Promise<Result> {
  try {
    return await work;
  } catch (err) {
    const which = { err, job: job.name, id: job.id };
    if (classifyFailure(err) !== 'unavailable') {
      log.error(which, 'The row of a job cannot be read or written.');
      throw err;
    }
    log.warn(which, 'The row of a job cannot be reached; later again.');
    await job.moveToDelayed(Date.now() + againMs, token);
    throw new DelayedError();
  }
}

async function readPayload({ db }: RunJobOptions, id: string): Promise<unknown> {
  const [row] = await db.asSystem(
    (tx) =>
      tx.sql<{ payload: unknown }[]>`
        select payload from jobs where id = ${id} and failed_at is null`,
  );
  return row?.payload;
}

async function removeRow({ db }: RunJobOptions, id: string): Promise<void> {
  await db.asSystem((tx) => tx.sql`delete from jobs where id = ${id}`);
}

async function markFailed({ db }: RunJobOptions, id: string, error: unknown): Promise<void> {
  const text = failureText(error);
  await db.asSystem(
    (tx) => tx.sql`update jobs set failed_at = now(), error = ${text} where id = ${id}`,
  );
}
