import type { AddressInfo } from 'node:net';
import { createDatabase } from '@trellis/db/client';
import { createTenantDb } from '@trellis/db/tenant-db';
import { seedPlans } from '@trellis/domains/plans/seed-plans';
import type { App } from '@trellis/http/types';
import type { Test } from 'tap';
import { buildApp } from '../../../apps/api/src/app.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { collectEvidence, evidenceFile } from './evidence.ts';
import { secretsAnswered, secretsSent } from './secrets-of.ts';
import { apiSettingsOf, type Backend, type TestEnv, testEnv } from './settings.ts';

export interface Reply {
  status: number;
  headers: Headers;
  /** The parsed JSON; the text when it is none; undefined when there is no body. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of the wire
  body: any;
}

export interface RequestOptions {
  token?: string | undefined;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Api {
  url: string;
  app: App;
  env: TestEnv;
  database: TestDatabase;
  /** Real HTTP; `path` is below /api/v1 unless it starts with `//`. */
  request(method: string, path: string, options?: RequestOptions): Promise<Reply>;
}

export interface StartApiOptions {
  backend?: Backend;
  env?: TestEnv;
  /** Another API on the database of this one. */
  beside?: Api;
}

/** The API in this process, on a port and a database of its own; closed when the test ends. */
export async function startApi(
  t: Pick<Test, 'teardown'>,
  options: StartApiOptions = {},
): Promise<Api> {
  const database = options.beside?.database ?? (await createTestDatabase(t));
  const env = { ...(options.beside?.env ?? testEnv(database, options.backend)), ...options.env };
  if (!options.beside) await seed(database);
  const app = await buildApp(apiSettingsOf(env), { logger: loggerOf(env) });
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(() => app.close());
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return { url, app, env, database, request: (...call) => send(url, ...call) };
}

/** Silent, unless somebody collects: then everything is logged. */
function loggerOf(env: TestEnv) {
  const file = evidenceFile('log');
  return file ? { level: 'trace', file } : { level: env.LOG_LEVEL ?? 'silent' };
}

/** How many times the requests of the first plans tenants may make in tests. */
const rateLimitTimes = 1_000;

/** What a database needs before anybody can sign up. */
export async function seed(database: TestDatabase): Promise<void> {
  const client = createDatabase({
    url: database.appUrl,
    poolMax: 1,
    statementTimeoutMs: 15_000,
    applicationName: 'trellis-test-seed',
  });
  await createTenantDb(client).asSystem(async (tx) => {
    await seedPlans(tx);
    // Tests of other things ask faster than people do.
    await tx.sql`update plans set rate_limit = rate_limit * ${rateLimitTimes}`;
  });
  await client.close();
}

/** One call of the API at `url`, over real HTTP. */
export async function send(
  url: string,
  method: string,
  path: string,
  { token, body, headers = {} }: RequestOptions = {},
): Promise<Reply> {
  const raw = typeof body === 'string';
  const target = path.startsWith('//') ? path.slice(1) : `/api/v1${path}`;
  const response = await fetch(url + target, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: raw ? body : JSON.stringify(body) }),
  });
  const reply = {
    status: response.status,
    headers: response.headers,
    body: parse(await response.text()),
  };
  collectEvidence('calls', [`${method} ${target.split('?', 1)} ${reply.status}`]);
  collectEvidence('secrets', [...secretsSent(body), ...secretsAnswered(reply.body)]);
  return reply;
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
