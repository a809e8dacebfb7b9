import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import t, { type Test } from 'tap';
import { findBinaries } from '../binaries.ts';
import { claimPlace, findPlace } from '../place.ts';
import { startPostgres } from '../postgres.ts';
import { spawnService, stop } from './fixtures/spawn-services.ts';

const isRoot = process.getuid?.() === 0;
const skip = !isRoot && 'only root needs a place of its own';

function canRead(account: { uid: number; gid: number }, path: string): boolean {
  return spawnSync('test', ['-r', path], { ...account, cwd: '/' }).status === 0;
}

/** Claims a place and makes as if a server had been there. */
function claim(t: Test, directory: string): string {
  const place = findPlace(directory);
  mkdirSync(join(place.directory, 'data'), { recursive: true });
  t.teardown(() => rmSync(place.directory, { recursive: true, force: true }));
  claimPlace(directory, place);
  return place.directory;
}

t.test('the place stays the same', { skip }, async (t) => {
  const directory = join(t.testdir(), 'postgres');
  const place = claim(t, directory);
  t.match(findPlace(directory), { directory: place, isForeign: false });
});

t.test('a directory that was moved takes its data along', { skip }, async (t) => {
  const root = t.testdir();
  const place = claim(t, join(root, 'old'));
  renameSync(join(root, 'old'), join(root, 'new'));
  t.match(findPlace(join(root, 'new')), { directory: place, isForeign: false });
  claimPlace(join(root, 'new'), findPlace(join(root, 'new')));
  t.not(findPlace(join(root, 'old')).directory, place, 'its old name is free for another');
});

t.test('a directory that was copied has a place of its own', { skip }, async (t) => {
  const root = t.testdir();
  const place = claim(t, join(root, 'old'));
  cpSync(join(root, 'old'), join(root, 'copy'), { recursive: true });
  const copied = findPlace(join(root, 'copy'));
  t.teardown(() => rmSync(copied.directory, { recursive: true, force: true }));
  t.not(copied.directory, place);
  t.equal(copied.isForeign, true);
});

t.test('a directory that was deleted starts afresh', { skip }, async (t) => {
  const root = t.testdir();
  const place = claim(t, join(root, 'postgres'));
  rmSync(join(root, 'postgres'), { recursive: true });
  t.match(findPlace(join(root, 'postgres')), { directory: place, isForeign: true });
});

t.test('root starts a server below a folder that only root may enter', { skip }, async (t) => {
  const root = t.testdir();
  chmodSync(root, 0o700);
  const started = await startPostgres({ directory: join(root, 'deep', 'postgres'), keep: false });
  t.teardown(() => started.stop());
  const sql = postgres(started.ownerUrl, { max: 1 });
  t.equal((await sql`SELECT 1`).count, 1);
  await sql.end();
});

t.test('binaries that the account cannot reach are copied', { skip }, async (t) => {
  // The second account may enter nothing that is not open to all, node_modules included or not.
  const copies = mkdtempSync(join(tmpdir(), 'trellis-copies-'));
  t.teardown(() => rmSync(copies, { recursive: true, force: true }));
  const account = findPlace(t.testdir()).account;
  const binaries = findBinaries(account, copies);
  t.equal(existsSync(binaries.postgres), true);
});

t.test('an ordinary user has the data in the directory itself', { skip }, async (t) => {
  const account = findPlace(t.testdir()).account ?? { uid: 0, gid: 0 };
  if (!canRead(account, process.execPath) || !canRead(account, import.meta.filename)) {
    return t.pass('an ordinary user cannot enter this checkout');
  }
  const directory = mkdtempSync(join(tmpdir(), 'trellis-user-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  chownSync(directory, account.uid, account.gid);
  const spawned = await spawnService('postgres', directory, account);
  t.teardown(() => stop(spawned.process));
  t.equal(existsSync(join(directory, 'data', 'PG_VERSION')), true);
  const sql = postgres(spawned.ownerUrl, { max: 1 });
  t.equal((await sql`SELECT 1`).count, 1);
  await sql.end();
});
