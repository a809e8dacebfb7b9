import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '@trellis/test/database';
import { testEnv } from '@trellis/test/settings';
import t, { type Test } from 'tap';
import { copyRepository, type RepositoryCopy, type Tree } from './repository-copy.ts';

const ours = /^packages\/(domains\/src\/invoices\/|db\/src\/schema\/invoices\.ts$)/;
const migration = /^drizzle\/(\d{4}_invoices\.sql|meta\/\d{4}_snapshot\.json)$/;
const journal = 'drizzle/meta/_journal.json';

const added = (before: Tree, after: Tree) => Object.keys(after).filter((path) => !(path in before));
const altered = (before: Tree, after: Tree) =>
  Object.keys(before).filter((path) => before[path] !== after[path]);

t.test('pnpm new:domain', { timeout: 180_000 }, async (t) => {
  const copy = await copyRepository(t);
  const before = copy.tree();
  const generate = (...args: string[]) => copy.run('scripts/new-domain.ts', args);

  await t.test('refuses a name that cannot be used, and writes nothing', async (t) => {
    const lines: [name: string, line: RegExp][] = [
      ['', /^Usage: pnpm new:domain NAME/],
      ['LineItems', /^"LineItems" is not a name/],
      ['../invoices', /^"..\/invoices" is not a name/],
      ['invoice', /^"invoice" is not a plural/],
      ['webhooks', /^packages\/domains\/src\/webhooks exists already\./],
      ['events', /^packages\/domains\/src\/events exists already\./],
      [
        'event-types',
        /^The table event_types exists already, in packages\/db\/src\/schema\/events\.ts\./,
      ],
    ];
    for (const [name, line] of lines) {
      const { status, output } = generate(name);
      t.equal(status, 1, `"${name}"`);
      t.match(output, line);
      t.equal(output.trim().split('\n').length, 1);
    }
    t.same(copy.tree(), before);
  });

  await t.test('writes a folder, a schema file and a migration, and nothing else', async (t) => {
    const { status, output } = generate('invoices');
    t.equal(status, 0, 'it ends well', { output });
    const after = copy.tree();
    const foreign = added(before, after).filter(
      (path) => !ours.test(path) && !migration.test(path),
    );
    t.same(foreign, []);
    t.same(altered(before, after), [journal]);
  });

  await t.test('what it writes passes the checks', (t) => checkStatically(t, copy));
  await t.test('what it writes runs', (t) => runDomain(t, copy));

  await t.test('deleting it leaves the repository as it was', async (t) => {
    for (const path of added(before, copy.tree())) await rm(join(copy.folder, path));
    const entries = JSON.parse(await readFile(join(copy.folder, journal), 'utf8'));
    entries.entries.pop();
    await writeFile(join(copy.folder, journal), JSON.stringify(entries, null, 2));
    t.same(altered(before, copy.tree()), []);
  });
});

async function checkStatically(t: Test, copy: RepositoryCopy): Promise<void> {
  const tools: [script: string, ...args: string[]][] = [
    ['@biomejs/biome/bin/biome', 'ci', 'packages/domains/src/invoices', 'packages/db/src/schema'],
    ['typescript/bin/tsc', '-p', 'tsconfig.json'],
    ['dependency-cruiser/bin/dependency-cruiser.mjs', '--config', '.dependency-cruiser.mjs', '.'],
    ['knip/bin/knip.js', '--no-progress', '--no-config-hints'],
  ];
  for (const [script, ...args] of tools) {
    const { status, output } = copy.run(join('node_modules', script), args);
    t.equal(status, 0, script, { output });
  }
}

async function runDomain(t: Test, copy: RepositoryCopy): Promise<void> {
  const database = await createTestDatabase(t);
  const env = testEnv(database, 'postgres', { LOG_LEVEL: 'info' });
  const setup = copy.run('apps/api/src/setup-main.ts', [], env);
  t.equal(setup.status, 0, 'the database is set up', setup);

  await t.test('its own test', async (t) => {
    const name = new URL(database.ownerUrl).pathname.slice(1);
    const test = 'packages/domains/src/invoices/test/create-invoice.test.ts';
    const { status, output } = copy.run(test, [], { TEST_TEMPLATE_DATABASE: name });
    t.equal(status, 0, 'it ends well', { output });
  });

  await t.test('its routes, its permissions, its event and its job', async (t) => {
    const url = await copy.start('apps/api/src/server.ts', env, /listening at (http:[^"]+)"/);
    await copy.start('apps/worker/src/worker.ts', env, /"(invoices\.process-invoice)"/);
    const call = client(url);
    const person = { tenantName: 'Acme', name: 'Ada', email: 'ada@example.com' };
    const { accessToken } = await call('/auth/register', '', {
      ...person,
      password: 'correct horse',
    });
    const { id } = await call('/invoices', accessToken, { name: 'First' });
    t.type(id, 'string');

    const permissions = JSON.stringify(await call('/permissions', accessToken));
    t.match(permissions, /"invoices:read"/);
    t.match(permissions, /"invoices:write"/);

    const types = JSON.stringify(await call('/event-types?limit=100', accessToken));
    t.match(types, /"invoice\.created"/);

    let [invoice] = (await call('/invoices', accessToken)).data;
    for (let tries = 0; invoice.processedAt === null && tries < 200; tries++) {
      await sleep(100);
      [invoice] = (await call('/invoices', accessToken)).data;
    }
    t.type(invoice.processedAt, 'string', 'the worker ran the job');
  });
}

function client(url: string) {
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of the wire
  return async (path: string, token: string, body?: unknown): Promise<any> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return await response.json();
  };
}
