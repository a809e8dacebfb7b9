import { spawnSync } from 'node:child_process';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { createTestDatabase } from '@trellis/test/database';
import {
  apiSettingsOf,
  backends,
  type TestEnv,
  testEnv,
  workerSettingsOf,
} from '@trellis/test/settings';
import t from 'tap';
import { buildApp } from '../../apps/api/src/app.ts';
import { startWorker } from '../../apps/worker/src/app.ts';

const root = join(import.meta.dirname, '../..');

/** Nothing listens there: what is wrong is found before anything connects. */
const nowhere = 'postgres://nobody@127.0.0.1:9/none';
const env = (overrides: TestEnv = {}) =>
  testEnv({ appUrl: nowhere, ownerUrl: nowhere }, 'postgres', overrides);

/** A plugin whose one route has this `config`. */
const pluginOf = (method: string, config: string) => ({
  things: {
    'plugin.ts': `export default async function thingsPlugin(app) {
      app.${method}('/things', { config: ${config} }, async () => ({}));
    }`,
  },
});
const publicAccess = `access: { kind: 'public' }`;

t.test('a route that leaves something open stops the boot of the API', async (t) => {
  const settings = apiSettingsOf(env());
  const boot = async (domains: string) => {
    const app = await buildApp(settings, { logger: false, domains });
    await app.close();
  };

  await t.test('who may call it', async (t) => {
    await t.rejects(boot(t.testdir(pluginOf('get', '{}'))), {
      message: 'Route GET /api/v1/things declares no access.',
    });
  });

  await t.test('what it audits, when it changes something', async (t) => {
    await t.rejects(boot(t.testdir(pluginOf('post', `{ ${publicAccess} }`))), {
      message: 'Route POST /api/v1/things declares no audit; write `audit: false` for none.',
    });
  });

  await t.test('one that says both is mounted', async (t) => {
    await t.resolves(boot(t.testdir(pluginOf('post', `{ ${publicAccess}, audit: false }`))));
  });
});

t.test('a job that has not exactly one handler stops the boot of the worker', async (t) => {
  const settings = workerSettingsOf(env());
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const boot = async (domains: string) => {
    const worker = await startWorker(settings, { log: silent, domains });
    await worker.stop();
  };
  const jobs = `import { Type } from '@sinclair/typebox';
    import { defineJob } from '@trellis/queue/define-job';
    export const sweep = defineJob({
      name: 'things.sweep', queue: 'default', payload: Type.Object({}),
    });`;
  const workerOf = (handlers: string) => `import { handleJob } from '@trellis/queue/define-job';
    import { sweep } from './jobs.ts';
    const handler = handleJob(sweep, async () => {});
    export default () => ({ handlers: [${handlers}] });`;

  await t.test('none', async (t) => {
    await t.rejects(boot(t.testdir({ things: { 'jobs.ts': jobs } })), {
      message: 'Job "things.sweep" has no handler.',
    });
  });

  await t.test('two', async (t) => {
    const things = { 'jobs.ts': jobs, 'worker.ts': workerOf('handler, handler') };
    await t.rejects(boot(t.testdir({ things })), {
      message: 'Job "things.sweep" has more than one handler.',
    });
  });
});

const run = (script: string, variables: TestEnv) =>
  spawnSync(process.execPath, [join(root, script)], {
    env: { PATH: process.env.PATH, ...variables },
    encoding: 'utf8',
    timeout: 20_000,
  });

t.test('an API that cannot listen ends with one line that names where', async (t) => {
  const taken = createServer();
  await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening));
  t.teardown(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const database = await createTestDatabase(t);
  for (const [what, variables] of Object.entries({
    'a port that is taken': env({ PORT: String(port) }),
    'one that is taken, with open connections': {
      ...testEnv(database, backends[0]),
      PORT: String(port),
    },
    'an address of another machine': env({ HOST: '192.0.2.1' }),
  })) {
    const { status, stdout, stderr } = run('apps/api/src/server.ts', variables);
    t.equal(status, 1, what);
    t.equal(stdout, '');
    t.match(stderr, /^HOST and PORT: [^\n]+ \(EADDR(INUSE|NOTAVAIL)\)\.\n$/);
  }
});

t.test('a bad setting ends a program with one line that names it', async (t) => {
  const cases: [script: string, name: string, value: string][] = [
    ['apps/api/src/server.ts', 'PORT', 'eighty'],
    ['apps/api/src/server.ts', 'DATABASE_URL', ''],
    ['apps/api/src/server.ts', 'SECRET_KEY', 'secret'],
    ['apps/api/src/server.ts', 'DATABASE_URL', 'postgres://u:secret @h:notaport/x'],
    ['apps/api/src/server.ts', 'REDIS_URL', 'redis://:secret @h:99999'],
    ['apps/api/src/server.ts', 'TRUST_PROXY', 'foo'],
    ['apps/api/src/server.ts', 'WEBHOOK_ALLOW_CIDRS', 'foo'],
    ['apps/api/src/server.ts', 'CORS_ORIGINS', 'foo'],
    ['apps/api/src/server.ts', 'PUBLIC_URL', 'https://'],
    ['apps/worker/src/worker.ts', 'WEBHOOK_ALLOW_CIDRS', 'foo'],
    ['apps/worker/src/worker.ts', 'WEBHOOK_CONCURRENCY', '0'],
    ['apps/api/src/setup-main.ts', 'DATABASE_OWNER_URL', 'mysql://localhost'],
  ];
  for (const [script, name, value] of cases) {
    await t.test(`${script} with ${name}=${value}`, async (t) => {
      const { status, stdout, stderr } = run(script, env({ [name]: value }));
      t.equal(status, 1);
      t.equal(stdout, '');
      t.match(stderr, new RegExp(`^${name}(:| is not set)[^\\n]+\\n$`));
      t.notOk(stderr.includes('secret '), 'the value of a secret is not shown');
    });
  }
});
