import { Value } from '@sinclair/typebox/value';
import type { Log } from '@trellis/core/log';
import type { TenantDb } from '@trellis/db/tenant-db';
import { DelayedError, type Job } from 'bullmq';
import type { JobHandler } from './define-job.ts';

/** A job whose row cannot be read or written comes back after this. */
const againMs = 2_000;

export interface RunJobOptions {
  db: Pick<TenantDb, 'asSystem'>;
  handlers: ReadonlyMap<string, JobHandler>;
  log: Pick<Log, 'warn'>;
}

/**
 * Does one job of the queue. What becomes of a durable one is written to its row before the queue
 * hears of it, so the queue may forget it at any time: as long as the row is open the relay brings
 * it back. Only what the handler throws counts as a try.
 */
export async function runJob(
  options: RunJobOptions,
  job: Job,
  token: string | undefined,
): Promise<void> {
  const handler = options.handlers.get(job.name);
  const run = { id: String(job.id), attempt: job.attemptsMade + 1 };
  if (!isDurable(job)) {
    if (!handler) throw new Error(`no handler for job "${job.name}"`);
    return handler.run({}, run);
  }
  // Of a newer release: it leaves the queue, and a worker that knows it relays its row again.
  if (!handler) return;
  const onRow = <Result>(work: Promise<Result>) => orLater(options, job, token, work);
  const payload = await onRow(readPayload(options, run.id));
  // No row: it was done before, by a worker that was killed before it could say so.
  if (payload === undefined) return;
  try {
    if (!Value.Check(handler.job.payload, payload)) {
      throw new Error(`the payload of job "${job.name}" does not fit its schema`);
    }
    await handler.run(payload, run);
  } catch (error) {
    if (run.attempt >= (job.opts.attempts ?? 1)) await onRow(markFailed(options, run.id, error));
    throw error;
  }
  await onRow(options.db.asSystem((tx) => tx.sql`delete from jobs where id = ${run.id}`));
}

/** A job with a row in Postgres; the others are doorbells and schedules. */
function isDurable(job: Job): boolean {
  return (job.data as { durable?: boolean }).durable === true;
}

/** When Postgres cannot be asked the job waits in the queue, with as many tries left as before. */
async function orLater<Result>(
  { log }: RunJobOptions,
  job: Job,
  token: string | undefined,
  work: Promise<Result>,
): Promise<Result> {
  try {
    return await work;
  } catch (err) {
    log.warn(
      { err, job: job.name, id: job.id },
      'The row of a job cannot be reached; later again.',
    );
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

async function markFailed({ db }: RunJobOptions, id: string, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  await db.asSystem(
    (tx) =>
      tx.sql`update jobs set failed_at = now(), error = ${message.slice(0, 2_000)} where id = ${id}`,
  );
}
