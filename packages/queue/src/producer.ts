import { setTimeout as wait } from 'node:timers/promises';
import { newId } from '@trellis/core/ids';
import type { QueueName } from '@trellis/core/queue-names';
import { jobs as jobsTable } from '@trellis/db/schema/jobs';
import type { Tx } from '@trellis/db/tenant-db';
import type { JobQueue, QueueBackend } from './backend.ts';
import type { JobDefinition, JobPayload } from './define-job.ts';

/** Wakes the relay; defined here so that every producer can ring for its own rows. */
export interface Jobs {
  /**
   * Asks for a job as part of a change: it runs if and only if the transaction commits, at least
   * once, also when the queue is down or loses all that it holds.
   */
  enqueue<Job extends JobDefinition>(
    tx: Tx,
    job: Job,
    payload: JobPayload<Job>,
    options?: { runAt?: Date },
  ): Promise<string>;
  /**
   * Tells the workers that there may be work for this job. Rings that come while one is under way
   * become one more. It never fails: what a lost ring was for is found by the sweep.
   */
  ring(job: JobDefinition): void;
  queue(name: QueueName): JobQueue;
  close(): Promise<void>;
}

export function createJobs(
  backend: QueueBackend,
  relay: JobDefinition,
  onError: (error: unknown) => void,
): Jobs {
  const queues = new Map<QueueName, JobQueue>();
  const queue = (name: QueueName): JobQueue => {
    const open = queues.get(name) ?? backend.openQueue(name);
    queues.set(name, open);
    return open;
  };
  const { ring, settle } = createRings(queue, onError);

  return {
    async enqueue(tx, job, payload, options = {}) {
      const id = newId();
      await tx.orm.insert(jobsTable).values({
        id,
        queue: job.queue,
        name: job.name,
        payload,
        ...(options.runAt && { runAt: options.runAt }),
      });
      tx.afterCommit(() => ring(relay));
      return id;
    },
    ring,
    queue,
    close: async () => {
      await settle();
      await Promise.all([...queues.values()].map((open) => open.close()));
    },
  };
}

/** Between two rings of one process for the same job. */
const ringGapMs = 20;

/**
 * One ring at a time for each job, and the next a moment later: whoever is rung for looks for all
 * that there is, so a ring for each of a thousand changes would be work for nothing.
 */
function createRings(queue: Jobs['queue'], onError: (error: unknown) => void) {
  const rings = new Map<string, { again: boolean; done: Promise<void> }>();
  const ring = (job: JobDefinition): void => {
    const current = rings.get(job.name);
    if (current) {
      current.again = true;
      return;
    }
    const state = { again: false, done: Promise.resolve() };
    rings.set(job.name, state);
    state.done = ringOnce(queue, job)
      .catch(onError)
      .then(() => wait(ringGapMs))
      .then(() => {
        rings.delete(job.name);
        if (state.again) ring(job);
      });
  };
  const settle = async (): Promise<void> => {
    while (rings.size > 0) await Promise.all([...rings.values()].map((state) => state.done));
  };
  return { ring, settle };
}

async function ringOnce(queue: Jobs['queue'], job: JobDefinition): Promise<void> {
  await queue(job.queue).add(
    job.name,
    {},
    {
      // A ring while the job runs makes it run once more, so that nothing slips in between.
      deduplication: { id: job.name, keepLastIfActive: true },
      removeOnComplete: true,
      removeOnFail: true,
    },
  );
}
