import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import postgres from 'postgres';
import t from 'tap';
import { InUseError } from '../lock.ts';
import { startPostgres } from '../postgres.ts';
import { isAlive } from '../processes.ts';
import { scratch } from './fixtures/scratch.ts';

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return await sql.unsafe(text);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

t.test('data and addresses are the same after a restart', async (t) => {
  const options = { directory: scratch(t), keep: true };
  const first = await startPostgres(options);
  await query(first.ownerUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await first.stop();
  t.equal(isAlive(first.pid), false);

  const second = await startPostgres(options);
  t.teardown(() => second.stop());
  t.strictSame([second.ownerUrl, second.appUrl], [first.ownerUrl, first.appUrl]);
  t.strictSame([...(await query(second.ownerUrl, 'SELECT answer FROM kept'))], [{ answer: 42 }]);
});

t.test('the owner may make roles and databases and is no superuser', async (t) => {
  const started = await startPostgres({ directory: scratch(t), keep: false });
  t.teardown(() => started.stop());
  const [role] = await query(
    started.ownerUrl,
    'SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles ' +
      'WHERE rolname = current_user',
  );
  t.strictSame(role, {
    rolname: 'trellis_owner',
    rolsuper: false,
    rolbypassrls: false,
    rolcreaterole: true,
    rolcreatedb: true,
  });
  const [settings] = await query(
    started.ownerUrl,
    `SELECT current_setting('listen_addresses') AS addresses, current_setting('fsync') AS fsync,
      current_setting('max_connections') AS connections`,
  );
  t.strictSame(settings, { addresses: '127.0.0.1', fsync: 'off', connections: '300' });
});

t.test('a second start on the same directory is refused in one line', async (t) => {
  const options = { directory: scratch(t), keep: true };
  const first = await startPostgres(options);
  t.teardown(() => first.stop());
  const error = await startPostgres(options).catch((caught: unknown) => caught);
  t.ok(error instanceof InUseError);
  t.match(String(error), new RegExp(`in use by process ${process.pid}; stop that one first.$`));
  t.equal((await query(first.ownerUrl, 'SELECT 1 AS one')).length, 1);
});

t.test('two that prefer one port run side by side', async (t) => {
  const directory = t.testdir();
  const first = await startPostgres({ directory: join(directory, 'one'), keep: false });
  t.teardown(() => first.stop());
  const { port } = first;
  const second = await startPostgres({ directory: join(directory, 'two'), keep: false, port });
  t.teardown(() => second.stop());
  t.not(second.port, port);
  t.equal((await query(second.ownerUrl, 'SELECT 1 AS one')).length, 1);
});

t.test('what is not to be kept leaves nothing', async (t) => {
  const directory = scratch(t);
  const started = await startPostgres({ directory, keep: false });
  const location = join(directory, 'location');
  const place = existsSync(location) ? readFileSync(location, 'utf8') : directory;
  t.equal(existsSync(join(place, 'data')), true);
  await started.stop();
  t.equal(existsSync(place), false);
  t.equal(existsSync(directory), false);
});

t.test('passwords are for their owner only', async (t) => {
  const directory = scratch(t);
  const started = await startPostgres({ directory, keep: true });
  t.teardown(() => started.stop());
  t.equal(statSync(join(directory, 'passwords.json')).mode & 0o777, 0o600);
});

t.test('passwords that are not those of the data are reported as that', async (t) => {
  const directory = scratch(t);
  await (await startPostgres({ directory, keep: true })).stop();
  rmSync(join(directory, 'passwords.json'));
  await t.rejects(startPostgres({ directory, keep: true }), /delete .* to start afresh/);
});
