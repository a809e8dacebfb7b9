import {
  createPostgresBackend,
  type PostgresConnectionOptions,
  type Processor,
  Queue,
  type QueueOptions,
  Worker,
  type WorkerOptions,
  withBackend,
} from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
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
export type QueueWorker = Pick<Worker, 'name' | 'run' | 'pause' | 'close' | 'isRunning' | 'on'>;

/** Where BullMQ keeps its jobs: Redis when there is one, else Postgres. */
export interface QueueBackend {
  kind: 'redis' | 'postgres';
  openQueue(name: string): JobQueue;
  openWorker(name: string, processor: Processor, options: { concurrency: number }): QueueWorker;
  /** Rejects when the store of the queues does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export function createQueueBackend(settings: QueueSettings): QueueBackend {
  return settings.redisUrl
    ? createRedisBackend(settings, settings.redisUrl)
    : createPostgresQueueBackend(settings);
}

/** Fails at once instead of waiting for a Redis that is away or frozen. */
export function failFastRedis(url: string, commandTimeoutMs: number): Redis {
  return new Redis(url, {
    ...retry,
    enableOfflineQueue: false,
    commandTimeout: commandTimeoutMs,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 0,
  });
}

/** Jobs that name the back-off `custom` wait by our rule; its base travels with the job. */
const workerSettings: WorkerOptions['settings'] = {
  backoffStrategy: (attemptsMade, _type, _error, job) => {
    const backoff = job?.opts.backoff;
    return jobBackoffMs(
      attemptsMade,
      typeof backoff === 'object' ? (backoff.delay ?? 1_000) : 1_000,
    );
  },
};

const retry: RedisOptions = { retryStrategy: (times) => Math.min(times * 50, 1_000) };

function createRedisBackend(settings: QueueSettings, url: string): QueueBackend {
  const producer = failFastRedis(url, settings.redisCommandTimeoutMs);
  producer.on('error', settings.onError);
  // A worker waits for jobs as long as it takes, also for Redis itself.
  const consumer = new Redis(url, { ...retry, maxRetriesPerRequest: null });
  consumer.on('error', settings.onError);
  const shared = { prefix: `${settings.redisPrefix}:queue`, skipVersionCheck: true };
  return {
    kind: 'redis',
    openQueue(name) {
      const options: QueueOptions = { ...shared, connection: producer, skipWaitingForReady: true };
      const queue = new Queue(name, options);
      queue.on('error', settings.onError);
      return queue;
    },
    openWorker(name, processor, options) {
      const all: WorkerOptions = {
        ...shared,
        ...options,
        connection: consumer,
        autorun: false,
        settings: workerSettings,
      };
      const worker = new Worker(name, processor, all);
      worker.on('error', settings.onError);
      return worker;
    },
    ping: async () => {
      await producer.ping();
    },
    close: async () => {
      producer.disconnect();
      consumer.disconnect();
    },
  };
}

function createPostgresQueueBackend(settings: QueueSettings): QueueBackend {
  const bound = withBackend(createPostgresBackend);
  const connection: PostgresConnectionOptions = {
    connectionString: settings.databaseUrl,
    max: 3,
    application_name: 'trellis-queue',
  };
  const probe = new bound.Queue('default', { connection });
  probe.on('error', settings.onError);
  return {
    kind: 'postgres',
    openQueue(name) {
      const queue = new bound.Queue(name, { connection });
      queue.on('error', settings.onError);
      return queue as unknown as JobQueue;
    },
    openWorker(name, processor, options) {
      const worker = new bound.Worker(name, processor, {
        ...options,
        connection,
        autorun: false,
        settings: workerSettings,
      });
      worker.on('error', settings.onError);
      return worker as unknown as QueueWorker;
    },
    ping: async () => {
      await probe.getJobCounts('wait');
    },
    close: () => probe.close(),
  };
}
