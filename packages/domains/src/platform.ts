import type { CommonSettings, WorkerSettings } from '@trellis/config/settings';
import { type Clock, systemClock } from '@trellis/core/clock';
import type { Log } from '@trellis/core/log';
import { createMetrics, type Metrics } from '@trellis/core/metrics';
import { createSecretBox, type SecretBox } from '@trellis/core/secret-box';
import { type ChangeFeed, createChangeFeed } from '@trellis/db/changes';
import { createDatabase } from '@trellis/db/client';
import { createTenantDb, type TenantDb } from '@trellis/db/tenant-db';
import type { QueueBackend } from '@trellis/queue/backend';
import { createQueueBackend } from '@trellis/queue/connection';
import { createJobs, type Jobs } from '@trellis/queue/producer';
import { relayJobs } from '@trellis/queue/relay';
import { createObjectStore } from '@trellis/storage/create-object-store';
import type { ObjectStore } from '@trellis/storage/object-store';
import packageJson from '../package.json' with { type: 'json' };

/** What a domain can build on, in the API and in the worker alike. */
export interface Platform {
  db: TenantDb;
  jobs: Jobs;
  /** What other processes announced; how caches stay right. */
  changes: ChangeFeed;
  secrets: SecretBox;
  /** The bytes of files. */
  storage: ObjectStore;
  queueBackend: QueueBackend;
  metrics: Metrics;
  clock: Clock;
  log: Log;
  /** Of this build. */
  version: string;
  close(): Promise<void>;
}

/** Opens all connections lazily: a process starts, and reports its health, while they are away. */
export function openPlatform(settings: CommonSettings, name: string, log: Log): Platform {
  const database = createDatabase({
    url: settings.DATABASE_URL,
    poolMax: settings.DATABASE_POOL_MAX,
    statementTimeoutMs: settings.DATABASE_STATEMENT_TIMEOUT_MS,
    applicationName: name,
  });
  const queueBackend = createQueueBackend({
    databaseUrl: settings.DATABASE_URL,
    redisUrl: settings.REDIS_URL,
    redisPrefix: settings.REDIS_PREFIX,
    redisCommandTimeoutMs: settings.REDIS_COMMAND_TIMEOUT_MS,
    onError: (err) => log.debug({ err }, 'The queue reported an error.'),
  });
  const jobs = createJobs(queueBackend, relayJobs, (err) =>
    log.debug({ err }, 'A ring was lost; the sweep finds what it was for.'),
  );
  const changes = createChangeFeed(settings.DATABASE_URL, (err) =>
    log.warn({ err }, 'Cannot listen for changes; trying again.'),
  );
  const storage = createObjectStore({
    url: settings.STORAGE_URL,
    timeoutMs: settings.STORAGE_TIMEOUT_MS,
  });
  return {
    db: createTenantDb(database),
    jobs,
    changes,
    secrets: createSecretBox(settings.SECRET_KEY),
    storage,
    queueBackend,
    metrics: createMetrics({ version: packageJson.version }),
    clock: systemClock,
    log,
    version: packageJson.version,
    close: async () => {
      await changes.close();
      await jobs.close();
      await queueBackend.close();
      await storage.close();
      await database.close();
    },
  };
}

/** What the job handlers of a domain can build on. */
export interface WorkerPlatform extends Platform {
  settings: WorkerSettings;
}
