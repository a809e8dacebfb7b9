import { execFileSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { startApiProcess } from '@trellis/test/processes';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { openSite, stores } from './open-site.ts';
import { bytes, uploadStream } from './upload.ts';

const mebibyte = 1_048_576;
const size = 500 * mebibyte;
/** A fifth of what passes, and several times what was measured. */
const growthMax = 100 * mebibyte;

/** The memory that a process has in use, in bytes. */
function residentBytes(pid: number): number {
  return (
    Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1_024
  );
}

for (const store of stores) {
  const options = { skip: process.platform === 'win32' && 'there is no ps' };
  t.test(`a file passes through the process and not into it (${store})`, options, async (t) => {
    const site = await openSite(t, store);
    const api = await startApiProcess(t, site);
    const account = await signUp(site);
    t.equal((await uploadStream(api, account, bytes(20 * mebibyte))).status, 201, 'warm');
    const before = residentBytes(api.pid);
    let highest = before;
    let isOver = false;
    const watching = (async () => {
      while (!isOver) {
        highest = Math.max(highest, residentBytes(api.pid));
        await wait(50);
      }
    })();
    const { status, body } = await uploadStream(api, account, bytes(size));
    isOver = true;
    await watching;
    t.match({ status, size: body.size }, { status: 201, size });
    const growth = highest - before;
    t.comment(`it grew by ${Math.round(growth / mebibyte)} MiB`);
    t.ok(growth < growthMax, `${growth} bytes more`);
  });
}
