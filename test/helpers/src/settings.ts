import { randomBytes } from 'node:crypto';
import { loadSettings } from '@trellis/config/load-settings';
import {
  type ApiSettings,
  apiSettings,
  type WorkerSettings,
  workerSettings,
} from '@trellis/config/settings';
import { filesFolderOf, type TestDatabase } from './database.ts';

/** `redis` runs the queues on Redis, `postgres` without it. */
export type Backend = 'redis' | 'postgres';

/** The backends that this machine can test: always Postgres, and Redis where there is one. */
export const backends: Backend[] = process.env.TEST_REDIS_URL
  ? ['redis', 'postgres']
  : ['postgres'];

export type TestEnv = Record<string, string>;

/** The environment of one installation under test: API and worker are started with the same. */
export function testEnv(
  database: TestDatabase,
  backend: Backend = 'postgres',
  overrides: TestEnv = {},
): TestEnv {
  return {
    DATABASE_URL: database.appUrl,
    DATABASE_OWNER_URL: database.ownerUrl,
    ...(backend === 'redis' && { REDIS_URL: process.env.TEST_REDIS_URL ?? '' }),
    REDIS_PREFIX: `test-${randomBytes(6).toString('hex')}`,
    STORAGE_URL: `file:${filesFolderOf(database)}`,
    SECRET_KEY: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
    WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8,::1/128',
    RATE_LIMIT_ADDRESS_PER_MINUTE: '10000000',
    LOG_LEVEL: 'silent',
    LOG_REQUESTS: 'all',
    PORT: '0',
    WORKER_PORT: '0',
    ...overrides,
  };
}

export function apiSettingsOf(env: TestEnv): ApiSettings {
  return loadSettings(apiSettings, env);
}

export function workerSettingsOf(env: TestEnv): WorkerSettings {
  return loadSettings(workerSettings, env);
}
