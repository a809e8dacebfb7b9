import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { acquireLock, InUseError } from '../lock.ts';
import { processIdentity } from '../processes.ts';

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid ?? 0;
}

t.test('a held lock is refused with one line that names the holder', async (t) => {
  const path = join(t.testdir(), 'lock');
  const lock = await acquireLock(path, 'The data');
  const error = await acquireLock(path, 'The data').catch((caught: unknown) => caught);
  t.ok(error instanceof InUseError);
  t.equal(
    String(error),
    `InUseError: The data is in use by process ${process.pid}; stop that one first.`,
  );
  lock.release();
});

t.test('a released lock can be taken again, and leaves no file', async (t) => {
  const path = join(t.testdir(), 'lock');
  (await acquireLock(path, 'x')).release();
  (await acquireLock(path, 'x')).release();
  t.equal(existsSync(path), false);
});

t.test('the lock of a dead process is taken over', async (t) => {
  const path = join(t.testdir(), 'lock');
  writeFileSync(path, JSON.stringify({ pid: await deadPid(), identity: 'gone' }));
  const lock = await acquireLock(path, 'x');
  t.equal(existsSync(path), true);
  lock.release();
});

t.test('a lock is taken over when another process has the id of its holder by now', async (t) => {
  if (processIdentity(process.pid) === '') return t.pass('this system does not tell');
  const path = join(t.testdir(), 'lock');
  writeFileSync(path, JSON.stringify({ pid: process.pid, identity: 'before the restart' }));
  (await acquireLock(path, 'x')).release();
});

t.test('a lock that its holder never finished writing is taken over', async (t) => {
  for (const content of ['', '{"pid":', 'null']) {
    const path = join(t.testdir(), 'lock');
    writeFileSync(path, content);
    (await acquireLock(path, 'x')).release();
  }
});

t.test('of many that want a stale lock at once, one gets it', async (t) => {
  const path = join(t.testdir(), 'lock');
  writeFileSync(path, JSON.stringify({ pid: await deadPid(), identity: 'gone' }));
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, () => acquireLock(path, 'x')),
  );
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
});

t.test('a late release does not remove the lock of the next holder', async (t) => {
  const path = join(t.testdir(), 'lock');
  const first = await acquireLock(path, 'x');
  writeFileSync(path, JSON.stringify({ pid: process.ppid, identity: '' }));
  first.release();
  t.equal(existsSync(path), true);
});
