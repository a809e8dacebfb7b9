import { Type } from '@sinclair/typebox';
import type { QueueName } from '@trellis/core/queue-names';
import type { TenantDb } from '@trellis/db/tenant-db';
import { defineJob, type JobDefinition } from './define-job.ts';
import type { Jobs } from './producer.ts';

/** The doorbell of the relay. */
export const relayJobs = defineJob({
  name: 'jobs.relay',
  queue: 'default',
  payload: Type.Object({}),
});

const batchSize = 200;
/** A job that was put on the queue and is not done after this is put there again. */
const repeatAfterSeconds = 20;
/** A job that is due later than this stays in Postgres alone for now. */
const aheadSeconds = 3_600;

interface WaitingJob {
  id: string;
  queue: QueueName;
  name: string;
  delay_ms: number;
}

/**
 * Moves what was committed to the queue. The queue knows a job by the id of its row, so moving a
 * row twice adds nothing while the first is still there, and brings it back when it was lost. Jobs
 * of names that this process does not know are left to those of another release that do.
 */
export function createRelay(
  db: Pick<TenantDb, 'asSystem'>,
  jobs: Pick<Jobs, 'queue'>,
  definitions: ReadonlyMap<string, JobDefinition>,
): { relay(): Promise<number> } {
  const relayBatch = (): Promise<number> =>
    db.asSystem(async (tx) => {
      const rows = await tx.sql<WaitingJob[]>`
        update jobs set relayed_at = now()
        where id in (
          select id from jobs
          where failed_at is null
            and name = any(${[...definitions.keys()]}::text[])
            and run_at < now() + make_interval(secs => ${aheadSeconds})
            and (relayed_at is null
              or greatest(relayed_at, run_at) < now() - make_interval(secs => ${repeatAfterSeconds}))
          order by relayed_at nulls first
          limit ${batchSize}
          for update skip locked)
        returning id, queue, name,
          greatest(0, extract(epoch from run_at - now()) * 1000)::int as delay_ms`;
      // Inside the transaction: when the queue is down the rows stay as they were.
      for (const [name, group] of Map.groupBy(rows, (row) => row.queue)) {
        await jobs.queue(name).addBulk(group.map((row) => toQueueJob(row, definitions)));
      }
      return rows.length;
    });
  return {
    async relay() {
      let moved = 0;
      for (let batch = batchSize; batch === batchSize; moved += batch) batch = await relayBatch();
      return moved;
    },
  };
}

function toQueueJob(row: WaitingJob, definitions: ReadonlyMap<string, JobDefinition>) {
  const definition = definitions.get(row.name);
  return {
    name: row.name,
    // The payload stays in Postgres: a large backlog must not fill Redis.
    data: { durable: true },
    opts: {
      jobId: row.id,
      delay: row.delay_ms,
      attempts: definition?.attempts ?? 1,
      backoff: { type: 'custom', delay: definition?.backoffMs ?? 1_000 },
      removeOnComplete: true,
      // Its failure is in the row; one that stayed here would keep the relay from bringing it back.
      removeOnFail: true,
    },
  };
}
