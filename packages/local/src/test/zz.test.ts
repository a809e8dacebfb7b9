import t from 'tap';
import { spawn } from 'node:child_process';
spawn('sleep', ['300'], { detached: true, stdio: 'ignore' }).unref();
spawn('sleep', ['301'], { stdio: 'ignore' }).unref();
t.test('outer', async (t) => { t.ok(true, 'a'); t.test('inner', async (t) => { t.equal(1, 2, 'eq'); t.ok(process.env.TEST_OWNER_URL) }); });
t.test('skipped', { skip: 'no redis' }, async () => {});
console.error(Object.entries(process.env).filter(([k])=>k.startsWith('TEST_')));
