import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createTestDatabase } from '@trellis/test/database';
import { type TestEnv, testEnv } from '@trellis/test/settings';
import t from 'tap';

const root = join(import.meta.dirname, '../../../..');

const run = (script: string, variables: TestEnv) =>
  spawnSync(process.execPath, [join(root, script)], {
    env: { PATH: process.env.PATH, ...variables },
    encoding: 'utf8',
    timeout: 20_000,
  });

t.test('the setup refuses the owner as the login, in one line', async (t) => {
  const database = await createTestDatabase(t);
  const { status, stdout, stderr } = run('apps/api/src/setup-main.ts', {
    ...testEnv(database),
    DATABASE_URL: database.ownerUrl,
  });
  t.equal(status, 1);
  t.equal(stdout, '');
  t.match(stderr, /^DATABASE_URL: row-level security does not bind the role [^\n]+\n$/);
});

t.test('start takes a database of yours with its owner only', async (t) => {
  const { appUrl } = await createTestDatabase(t);
  const { status, stderr } = run('scripts/start.ts', {
    DATABASE_URL: appUrl,
    DATABASE_OWNER_URL: '',
  });
  t.equal(status, 1);
  t.match(stderr, /^Trellis did not start: [^\n]*DATABASE_OWNER_URL[^\n]*\n$/);
});
