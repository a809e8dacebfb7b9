import { randomBytes } from 'node:crypto';
import { findPort } from '@trellis/local/ports';
import postgres, { type Sql } from 'postgres';
import { setUp } from '../../apps/api/src/setup.ts';
import type { Lifecycle } from '../../scripts/local/lifecycle.ts';
import { untilReady } from '../../scripts/local/ready.ts';
import { type Child, startChild } from './children.ts';
import type { BenchServices } from './database.ts';

/** A Trellis of real processes on free ports, with one tenant whose plan limits nothing. */
export interface BenchTrellis {
  url: string;
  api: Child;
  token: string;
  tenantId: string;
  /** As the system's role, beside the platform. */
  sql: Sql;
  startWorker(): Promise<Child>;
  post<Reply>(path: string, body: unknown): Promise<Reply>;
  get<Reply>(path: string): Promise<Reply>;
}

interface Registration {
  accessToken: string;
  tenant: { id: string };
}

export async function startTrellis(
  lifecycle: Lifecycle,
  services: BenchServices,
): Promise<BenchTrellis> {
  const env = await environment(services);
  await setUp({ env, demo: false });
  const sql = openSystem(lifecycle, services);
  const url = `http://127.0.0.1:${env.PORT}`;
  const api = startChild(lifecycle, 'apps/api/src/server.ts', env);
  await untilReady(`${url}/health/ready`, lifecycle.signal, false);
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
    url,
    api,
    token,
    tenantId: tenant.id,
    sql,
    startWorker: async () => {
      const worker = startChild(lifecycle, 'apps/worker/src/worker.ts', env);
      const ready = `http://127.0.0.1:${env.WORKER_PORT}/health/ready`;
      await untilReady(ready, lifecycle.signal, false);
      return worker;
    },
    post: (path, body) => call(url, path, { token, body }),
    get: (path) => call(url, path, { token }),
  };
}

async function environment(services: BenchServices): Promise<NodeJS.ProcessEnv> {
  return {
    DATABASE_URL: services.appUrl,
    DATABASE_OWNER_URL: services.ownerUrl,
    REDIS_URL: services.redisUrl ?? '',
    REDIS_PREFIX: `bench-${randomBytes(4).toString('hex')}`,
    SECRET_KEY: `k1:${randomBytes(32).toString('base64')}`,
    WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
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
  { token, body }: { token?: string; body?: unknown },
): Promise<Reply> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok)
    throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Reply;
}
