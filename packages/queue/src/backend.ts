import type { Job, Processor, Queue, WorkerOptions } from 'bullmq';
import { jobBackoffMs } from './backoff.ts';

export interface QueueSettings {
  databaseUrl: string;
  redisUrl: string | undefined;
  redisPrefix: string;
  redisCommandTimeoutMs: number;
  onError: (error: Error) => void;
}

/** The part of BullMQ that the platform uses; the same on Redis and on Postgres. */
export type JobQueue = Pick<
  Queue,
  'name' | 'add' | 'addBulk' | 'getJobCounts' | 'getJobScheduler' | 'upsertJobScheduler' | 'close'
>;

export interface QueueWorkerOptions {
  concurrency: number;
  /** Told of each try that failed; without the job when the queue has lost it. */
  onFailed: (job: Job | undefined, error: Error) => void;
}

export interface QueueWorker {
  /** Takes no new jobs, and resolves when those under way have ended. */
  close(): Promise<void>;
}

/** Where BullMQ keeps its jobs: Redis when there is one, else Postgres. */
export interface QueueBackend {
  kind: 'redis' | 'postgres';
  /** Usable at once; its calls reject while the store does not answer. */
  openQueue(name: string): JobQueue;
  /** Works from the moment that the store answers. */
  openWorker(name: string, processor: Processor, options: QueueWorkerOptions): QueueWorker;
  /** Rejects when the store of the queues does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The same for all workers, wherever the jobs are. */
export const workerDefaults = {
  autorun: false,
  // How often a worker was killed says nothing of the job: its row makes a repeat safe.
  maxStalledCount: 1_000_000,
  /** How soon it tries again when it could not fetch a job. */
  runRetryDelay: 1_000,
  settings: {
    /** Jobs that name the back-off `custom` wait by our rule; its base travels with the job. */
    backoffStrategy: (attemptsMade, _type, _error, job) => {
      const backoff = job?.opts.backoff;
      return jobBackoffMs(
        attemptsMade,
        typeof backoff === 'object' ? (backoff.delay ?? 1_000) : 1_000,
      );
    },
  },
} satisfies Omit<WorkerOptions, 'connection'>;
