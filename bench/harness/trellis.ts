import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPort } from '@trellis/local/ports';
import postgres, { type Sql } from 'postgres';
import { setUp } from '../../apps/api/src/setup.ts';
import type { Lifecycle } from '../../scripts/local/lifecycle.ts';
import { untilReady } from '../../scripts/local/ready.ts';
import { type Child, startChild } from './children.ts';
import type { BenchServices } from './database.ts';

/** A tenant whose plan limits nothing, as its owner sees it. */
export interface BenchTenant {
  tenantId: string;
  token: string;
  post<Reply>(path: string, body: unknown): Promise<Reply>;
  get<Reply>(path: string): Promise<Reply>;
  delete(path: string): Promise<void>;
}

/** A Trellis of real processes on free ports, with one tenant. */
export interface BenchTrellis extends BenchTenant {
  url: string;
  api: Child;
  /** As the system's role, beside the platform. */
  sql: Sql;
  /** Another API on the same database and Redis, with other settings where they are given. */
  startApi(settings?: NodeJS.ProcessEnv): Promise<{ url: string; api: Child }>;
  startWorker(): Promise<Child>;
  /** The metrics of the worker, in the text format of Prometheus. */
  readWorkerMetrics(): Promise<string>;
  addTenant(): Promise<BenchTenant>;
}

interface Registration {
  accessToken: string;
  tenant: { id: string };
}

export async function startTrellis(
  lifecycle: Lifecycle,
  services: BenchServices,
): Promise<BenchTrellis> {
  const env = await environment(lifecycle, services);
  await setUp({ env, demo: false });
  const sql = openSystem(lifecycle, services);
  const startApi = async (settings: NodeJS.ProcessEnv) => {
    const url = `http://127.0.0.1:${settings.PORT}`;
    const api = startChild(lifecycle, 'apps/api/src/server.ts', settings);
    await untilReady(`${url}/health/ready`, lifecycle.signal, false);
    return { url, api };
  };
  const { url, api } = await startApi(env);
  return {
    ...(await addTenant(url, sql)),
    url,
    api,
    sql,
    startApi: async (settings = {}) =>
      startApi({ ...env, PORT: String(await findPort()), ...settings }),
    startWorker: async () => {
      const worker = startChild(lifecycle, 'apps/worker/src/worker.ts', env);
      const ready = `http://127.0.0.1:${env.WORKER_PORT}/health/ready`;
      await untilReady(ready, lifecycle.signal, false);
      return worker;
    },
    readWorkerMetrics: async () => {
      const response = await fetch(`http://127.0.0.1:${env.WORKER_PORT}/metrics`);
      if (!response.ok) throw new Error(`the metrics answered ${response.status}`);
      return response.text();
    },
    addTenant: () => addTenant(url, sql),
  };
}

async function addTenant(url: string, sql: Sql): Promise<BenchTenant> {
  const { accessToken: token, tenant } = await call<Registration>(url, '/auth/register', {
    body: {
      tenantName: 'Bench',
      name: 'Bench',
      email: `bench-${randomBytes(6).toString('hex')}@example.com`,
      password: randomBytes(15).toString('base64url'),
    },
  });
  await liftLimits(sql, tenant.id);
  return {
    tenantId: tenant.id,
    token,
    post: (path, body) => call(url, path, { token, body }),
    get: (path) => call(url, path, { token }),
    delete: (path) => call(url, path, { token, method: 'DELETE' }),
  };
}

async function environment(
  lifecycle: Lifecycle,
  services: BenchServices,
): Promise<NodeJS.ProcessEnv> {
  const files = await mkdtemp(join(tmpdir(), 'trellis-bench-files-'));
  lifecycle.onClose(() => rm(files, { recursive: true, force: true }));
  return {
    STORAGE_URL: `file:${files}`,
    DATABASE_URL: services.appUrl,
    DATABASE_OWNER_URL: services.ownerUrl,
    REDIS_URL: services.redisUrl ?? '',
    REDIS_PREFIX: `bench-${randomBytes(4).toString('hex')}`,
    SECRET_KEY: `k1:${randomBytes(32).toString('base64')}`,
    WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
    RATE_LIMIT_ADDRESS_PER_MINUTE: '10000000',
    LOG_LEVEL: 'error',
    PORT: String(await findPort()),
    WORKER_PORT: String(await findPort()),
    // A run may take longer than a token lives.
    ACCESS_TOKEN_TTL_SECONDS: '86400',
  };
}

function openSystem(lifecycle: Lifecycle, services: BenchServices): Sql {
  const sql = postgres(services.appUrl, {
    max: 2,
    onnotice: () => undefined,
    connection: { role: 'trellis_system' },
  });
  lifecycle.onClose(() => sql.end({ timeout: 5 }));
  return sql;
}

/** What is measured is the platform, not how well it keeps a plan's limits. */
async function liftLimits(sql: Sql, tenantId: string): Promise<void> {
  await sql`
    insert into plans (plan_type, name, rate_limit, max_users, max_storage, max_webhooks,
      max_events, retention_days)
    values ('bench', 'Bench', 1000000000, 1000, 1000000000, 1000, 1000000000, 30)
    on conflict do nothing`;
  await sql`update tenants set plan_type = 'bench' where id = ${tenantId}`;
}

async function call<Reply>(
  url: string,
  path: string,
  { token, body, method }: { token?: string; body?: unknown; method?: 'DELETE' },
): Promise<Reply> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok)
    throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (response.status === 204 ? undefined : await response.json()) as Reply;
}
