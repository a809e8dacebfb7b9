import { Type } from '@sinclair/typebox';
import { createMetrics } from '@trellis/core/metrics';
import { createDatabase } from '@trellis/db/client';
import { createTenantDb } from '@trellis/db/tenant-db';
import { createQueueBackend } from '@trellis/queue/connection';
import {
  defineJob,
  handleJob,
  type JobDefinition,
  type JobHandler,
} from '@trellis/queue/define-job';
import { createJobs } from '@trellis/queue/producer';
import { createRelay, relayJobs } from '@trellis/queue/relay';
import { runWorkers } from '@trellis/queue/run-worker';
import { createTestDatabase, type TestDatabase } from '@trellis/test/database';
import { type PrivateRedis, startPrivateRedis } from '@trellis/test/redis';
import type { Backend } from '@trellis/test/settings';
import type { Test } from 'tap';

export const greet = defineJob({
  name: 'test.greet',
  queue: 'default',
  payload: Type.Object({ name: Type.String() }),
  attempts: 3,
  backoffMs: 10,
});

export interface Site {
  database: TestDatabase;
  redis: PrivateRedis | undefined;
}

export async function prepareSite(t: Test, backend: Backend): Promise<Site> {
  const redis = backend === 'redis' ? await startPrivateRedis(t) : undefined;
  return { database: await createTestDatabase(t), redis };
}

/** Other ways to Postgres than the direct one, for one part of a process each. */
interface Ways {
  rowsUrl?: string;
  queueUrl?: string;
}

/** What one process has open. */
export async function openSite(t: Test, { database, redis }: Site, ways: Ways = {}) {
  const client = createDatabase({
    url: ways.rowsUrl ?? database.appUrl,
    poolMax: 4,
    statementTimeoutMs: 10_000,
    applicationName: 'trellis-queue-test',
  });
  const db = createTenantDb(client);
  const backend = createQueueBackend({
    databaseUrl: ways.queueUrl ?? database.appUrl,
    redisUrl: redis?.url,
    redisPrefix: 'test',
    redisCommandTimeoutMs: 500,
    onError: () => {},
  });
  const jobs = createJobs(backend, relayJobs, () => {});
  t.teardown(async () => {
    await jobs.close();
    await backend.close();
    await client.close();
  });
  return { db, backend, jobs };
}

export type Opened = Awaited<ReturnType<typeof openSite>>;

/** The relay of a process that knows these jobs. */
export function openRelay({ db, jobs }: Opened, definitions: JobDefinition[] = [greet]) {
  return createRelay(db, jobs, new Map(definitions.map((one) => [one.name, one])));
}

interface WorkOptions {
  job?: JobDefinition;
  onWarning?: (message: string, details: { err?: unknown }) => void;
}

/** A worker with this handler; `relay` moves what was committed, as the worker's sweep does. */
export function work(
  t: Test,
  opened: Opened,
  run: JobHandler['run'],
  { job = greet, onWarning = () => {} }: WorkOptions = {},
) {
  const { relay } = openRelay(opened, [job]);
  const handlers = [
    handleJob(relayJobs, async () => {
      await relay();
    }),
    handleJob(job, run),
  ];
  const workers = runWorkers({
    ...opened,
    handlers: new Map(handlers.map((handler) => [handler.job.name, handler])),
    concurrency: { webhooks: 1, email: 1, cleanup: 1, default: 5 },
    drainMs: 2_000,
    metrics: createMetrics({ version: 'test' }),
    log: {
      debug() {},
      info() {},
      warn: (what: object, text: string) => onWarning(text, what),
      error() {},
    },
  });
  t.teardown(() => workers.drain());
  return { relay, drain: () => workers.drain() };
}

export const rowsOf = ({ db }: Pick<Opened, 'db'>) =>
  db.asSystem((tx) => tx.sql`select failed_at, error, relayed_at from jobs`);

/** As if the time after which a job that is not done is moved again had passed. */
export const letTimePass = ({ db }: Pick<Opened, 'db'>) =>
  db.asSystem(
    (tx) => tx.sql`
      update jobs set run_at = now() - interval '1 h', relayed_at = now() - interval '1 h'`,
  );
