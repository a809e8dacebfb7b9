import {
  createPostgresBackend,
  type Job,
  Queue,
  type QueueOptions,
  Worker,
  type WorkerOptions,
  withBackend,
} from 'bullmq';

export const bareQueueName = 'bare-deliveries';

/** Where the bare loop keeps its jobs: the same server as Trellis. */
export interface BareStore {
  redisUrl: string | undefined;
  /** Of the role that owns the schema; used without Redis. */
  databaseUrl: string;
}

export interface BareJob {
  id: string;
  body: string;
}

const keepNothing = { removeOnComplete: true, removeOnFail: true };

export function openBareQueue({ redisUrl, databaseUrl }: BareStore): Queue<BareJob> {
  if (redisUrl) {
    return new Queue(bareQueueName, {
      connection: { url: redisUrl },
      defaultJobOptions: keepNothing,
    } satisfies QueueOptions);
  }
  const bound = withBackend(createPostgresBackend);
  return new bound.Queue(bareQueueName, {
    connection: { connectionString: databaseUrl },
    defaultJobOptions: keepNothing,
  }) as unknown as Queue<BareJob>;
}

export function openBareWorker(
  { redisUrl, databaseUrl }: BareStore,
  concurrency: number,
  process: (job: Job<BareJob>) => Promise<void>,
): Pick<Worker, 'on'> {
  if (redisUrl) {
    return new Worker(bareQueueName, process, {
      connection: { url: redisUrl, maxRetriesPerRequest: null },
      concurrency,
    } satisfies WorkerOptions);
  }
  const bound = withBackend(createPostgresBackend);
  return new bound.Worker(bareQueueName, process, {
    connection: { connectionString: databaseUrl },
    concurrency,
  }) as unknown as Pick<Worker, 'on'>;
}
