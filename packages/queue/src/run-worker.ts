import { setTimeout as wait } from 'node:timers/promises';
import { Value } from '@sinclair/typebox/value';
import type { Log } from '@trellis/core/log';
import type { QueueName } from '@trellis/core/queue-names';
import type { TenantDb } from '@trellis/db/tenant-db';
import type { Job } from 'bullmq';
import type { QueueBackend, QueueWorker } from './connection.ts';
import type { JobHandler } from './define-job.ts';
import { keepSchedules } from './keep-schedules.ts';
import type { Jobs } from './producer.ts';

export interface RunWorkersOptions {
  backend: QueueBackend;
  db: Pick<TenantDb, 'asSystem'>;
  jobs: Pick<Jobs, 'queue'>;
  handlers: ReadonlyMap<string, JobHandler>;
  concurrency: Record<QueueName, number>;
  /** A drain waits this long for jobs under way; what it gives up is done by another worker. */
  drainMs: number;
  log: Log;
}

export interface RunningWorkers {
  /** Takes no new jobs, and resolves when those under way have ended or the time is over. */
  drain(): Promise<void>;
}

/** Starts one BullMQ worker for each queue that has handlers, and the schedules of their jobs. */
export function runWorkers(options: RunWorkersOptions): RunningWorkers {
  const byQueue = Map.groupBy(options.handlers.values(), (handler) => handler.job.queue);
  const workers = [...byQueue.keys()].map((name) => startWorker(options, name));
  const schedules = keepSchedules(options);
  return {
    drain: async () => {
      // A Redis that is frozen answers nothing, not even that a worker leaves.
      const late = wait(options.drainMs, undefined, { ref: false });
      const closed = Promise.all(workers.map((worker) => worker.close()));
      await Promise.race([Promise.all([schedules.stop(), closed]), late]);
    },
  };
}

function startWorker(options: RunWorkersOptions, name: QueueName): QueueWorker {
  const { backend, concurrency, log } = options;
  const worker = backend.openWorker(name, (job: Job) => runJob(options, job), {
    concurrency: concurrency[name],
  });
  worker.on('failed', (job: Job | undefined, error: Error) => {
    log.warn(
      { err: error, job: job?.name, id: job?.id, attempt: job?.attemptsMade },
      'A job failed.',
    );
    if (job && isDurable(job) && job.attemptsMade >= (job.opts.attempts ?? 1)) {
      markFailed(options, String(job.id), error).catch((err: unknown) =>
        log.error({ err, id: job.id }, 'The failure of a job could not be recorded.'),
      );
    }
  });
  worker.run().catch((err: unknown) => log.error({ err, queue: name }, 'A queue worker stopped.'));
  return worker;
}

/** A job with a row in Postgres; the others are doorbells and schedules. */
function isDurable(job: Job): boolean {
  return (job.data as { durable?: boolean }).durable === true;
}

async function runJob(options: RunWorkersOptions, job: Job): Promise<void> {
  const handler = options.handlers.get(job.name);
  if (!handler) throw new Error(`no handler for job "${job.name}"`);
  const run = { id: String(job.id), attempt: job.attemptsMade + 1 };
  if (!isDurable(job)) return handler.run({}, run);
  const payload = await readPayload(options, run.id);
  // No row: it was done before, by a worker that was killed before it could say so.
  if (payload === undefined) return;
  if (!Value.Check(handler.job.payload, payload)) {
    throw new Error(`the payload of job "${job.name}" does not fit its schema`);
  }
  await handler.run(payload, run);
  await options.db.asSystem((tx) => tx.sql`delete from jobs where id = ${run.id}`);
}

async function readPayload({ db }: RunWorkersOptions, id: string): Promise<unknown> {
  const [row] = await db.asSystem(
    (tx) => tx.sql<{ payload: unknown }[]>`select payload from jobs where id = ${id}`,
  );
  return row?.payload;
}

async function markFailed({ db }: RunWorkersOptions, id: string, error: Error): Promise<void> {
  await db.asSystem(
    (tx) =>
      tx.sql`update jobs set failed_at = now(), error = ${error.message.slice(0, 2_000)} where id = ${id}`,
  );
}
