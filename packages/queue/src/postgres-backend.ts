import { setTimeout as wait } from 'node:timers/promises';
import { queueNames } from '@trellis/core/queue-names';
import { createPostgresBackend, withBackend } from 'bullmq';
import { Pool } from 'pg';
import {
  type JobQueue,
  type QueueBackend,
  type QueueSettings,
  type QueueWorker,
  workerDefaults,
} from './backend.ts';

/** One for each worker, which listens on it all the time, and these for what all of them ask. */
const sharedConnections = 4;
const connectTimeoutMs = 5_000;
const retryMs = 500;
const endMsMax = 2_000;

const bullmq = withBackend(createPostgresBackend);

interface Runnable {
  run(): Promise<void>;
  close(): Promise<void>;
}

/** All queues and workers of a process on one pool, in BullMQ's own schema. */
export function createPostgresQueueBackend(settings: QueueSettings): QueueBackend {
  const pool = openPool(settings);
  const ping = async () => {
    await pool.query('select 1');
  };
  return {
    kind: 'postgres',
    openQueue: (name) =>
      openLazily(
        name,
        () =>
          open(ping, () => {
            const queue = new bullmq.Queue(name, { connection: pool });
            queue.on('error', settings.onError);
            return queue;
          }) as unknown as Promise<JobQueue>,
      ),
    openWorker: (name, processor, { concurrency, onFailed }) =>
      keepRunning(
        () =>
          open(ping, () => {
            const options = { ...workerDefaults, concurrency, connection: pool };
            const worker = new bullmq.Worker(name, processor, options);
            worker.on('error', settings.onError);
            worker.on('failed', onFailed);
            return worker;
          }),
        settings.onError,
      ),
    ping,
    close: async () => {
      // A worker that was given up in the middle of a job still holds its connection.
      await Promise.race([pool.end(), wait(endMsMax, undefined, { ref: false })]);
    },
  };
}

/**
 * BullMQ keeps the outcome of its first connection, a failure for ever: so nothing is opened
 * while Postgres is away, and what fails all the same is thrown away.
 */
async function open<Opened extends { waitUntilReady(): Promise<unknown>; close(): Promise<void> }>(
  ping: () => Promise<void>,
  create: () => Opened,
): Promise<Opened> {
  await ping();
  const opened = create();
  try {
    await opened.waitUntilReady();
  } catch (error) {
    await opened.close();
    throw error;
  }
  return opened;
}

function openPool({ databaseUrl, onError }: QueueSettings): Pool {
  const pool = new Pool({
    connectionString: databaseUrl,
    max: queueNames.length + sharedConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    // Where BullMQ looks for its tables when it is given a pool.
    options: '-c search_path=bullmq',
    application_name: 'trellis-queue',
    // Lets BullMQ wait for a notification instead of asking every 10 s.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // Every queue and worker listens for the errors of the pool.
  pool.setMaxListeners(0);
  pool.on('error', onError);
  // A connection that breaks while it is lent has no listener of the pool's own.
  pool.on('connect', (client) => client.on('error', onError));
  return pool;
}

/** A queue that is opened by its first call, and by the next one when that could not. */
function openLazily(name: string, open: () => Promise<JobQueue>): JobQueue {
  let opened: Promise<JobQueue> | undefined;
  const queue = (): Promise<JobQueue> => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  return {
    name,
    add: async (...call) => (await queue()).add(...call),
    addBulk: async (...call) => (await queue()).addBulk(...call),
    getJobCounts: async (...call) => (await queue()).getJobCounts(...call),
    getJobScheduler: async (...call) => (await queue()).getJobScheduler(...call),
    upsertJobScheduler: async (...call) => (await queue()).upsertJobScheduler(...call),
    close: async () => {
      const open = await opened?.catch(() => undefined);
      await open?.close();
    },
  };
}

/** Opens a worker and runs it until it is closed; opens another when that fails. */
function keepRunning(open: () => Promise<Runnable>, onError: (error: Error) => void): QueueWorker {
  const closing = new AbortController();
  let worker: Runnable | undefined;
  const keep = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        worker = await open();
        if (!closing.signal.aborted) await worker.run();
      } catch (error) {
        onError(error as Error);
      }
      await worker?.close();
      await wait(retryMs, undefined, { signal: closing.signal }).catch(() => {});
    }
  };
  const running = keep();
  return {
    close: async () => {
      closing.abort();
      await worker?.close();
      await running;
    },
  };
}
