import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import t from 'tap';
import { findPlace } from '../place.ts';
import { removeAbandoned, startPostgres } from '../postgres.ts';
import { isAlive, waitUntilGone } from '../processes.ts';
import { scratch } from './fixtures/scratch.ts';
import { kill, killGuards, spawnService } from './fixtures/spawn-services.ts';

async function run(url: string, text: string): Promise<number> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return (await sql.unsafe(text)).count;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Starts a server with one table in a process of its own, and kills that. */
async function startAndKill(directory: string, guarded: boolean) {
  const spawned = await spawnService('postgres', directory);
  await run(spawned.ownerUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
  if (!guarded) killGuards(spawned.pid);
  await kill(spawned.process);
  return spawned;
}

t.test('a killed parent takes its server along, and the next start has the data', async (t) => {
  const directory = scratch(t);
  const spawned = await startAndKill(directory, true);
  const next = await startPostgres({ directory, keep: true });
  t.teardown(() => next.stop());
  t.equal(await run(next.ownerUrl, 'SELECT answer FROM kept'), 1);
  t.equal(isAlive(spawned.pid), false);
});

t.test('the guard alone ends the server', { skip: process.platform === 'win32' }, async (t) => {
  const spawned = await startAndKill(scratch(t), true);
  t.equal(await waitUntilGone(spawned.pid, 10_000), true);
});

t.test('a server that was left running is ended by the next start', async (t) => {
  const directory = scratch(t);
  const spawned = await startAndKill(directory, false);
  t.equal(isAlive(spawned.pid), true);
  const next = await startPostgres({ directory, keep: true });
  t.teardown(() => next.stop());
  t.equal(isAlive(spawned.pid), false);
  t.equal(await run(next.ownerUrl, 'SELECT answer FROM kept'), 1);
});

t.test('a server that was killed itself recovers', async (t) => {
  const directory = scratch(t);
  const spawned = await startAndKill(directory, false);
  process.kill(spawned.pid, 'SIGKILL');
  const next = await startPostgres({ directory, keep: true });
  t.teardown(() => next.stop());
  t.equal(await run(next.ownerUrl, 'SELECT answer FROM kept'), 1);
});

t.test('a stale pid file that names an unrelated live process is no obstacle', async (t) => {
  const directory = scratch(t);
  await (await startPostgres({ directory, keep: true })).stop();
  const data = join(findPlace(directory).directory, 'data');
  writeFileSync(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n`);
  const next = await startPostgres({ directory, keep: true });
  t.teardown(() => next.stop());
  t.equal(await run(next.ownerUrl, 'SELECT 1'), 1);
});

t.test('an initdb that was interrupted is made again', async (t) => {
  const directory = scratch(t);
  const place = findPlace(directory).directory;
  const first = await startPostgres({ directory, keep: true });
  await first.stop();
  renameSync(join(place, 'data'), join(place, 'data.unfinished'));
  const next = await startPostgres({ directory, keep: true });
  t.teardown(() => next.stop());
  t.equal(existsSync(join(place, 'data.unfinished')), false);
});

t.test('what a killed run left is removed, what is running is not', async (t) => {
  const directory = scratch(t);
  const spawned = await spawnService('postgres', directory);
  const place = findPlace(directory).directory;
  await removeAbandoned(directory);
  t.equal(isAlive(spawned.pid), true);
  killGuards(spawned.pid);
  await kill(spawned.process);
  await removeAbandoned(directory);
  t.equal(isAlive(spawned.pid), false);
  t.equal(existsSync(place), false);
  t.equal(existsSync(directory), false);
});
