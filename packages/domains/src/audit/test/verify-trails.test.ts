import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { newId } from '@trellis/core/ids';
import { testEnv } from '@trellis/test/settings';
import t from 'tap';
import { anchorHeads } from '../chain/anchor-heads.ts';
import { verifyTrails } from '../verify-trails.ts';
import { fillTrail, idsOf, openTrail } from './open-trail.ts';

const script = join(import.meta.dirname, '../../../../../apps/api/src/audit-verify-main.ts');

t.test('audit:verify', async (t) => {
  const trail = await openTrail(t);
  const url = new URL(trail.ownerUrl);
  const app = new URL(process.env.TEST_APP_URL ?? '');
  app.pathname = url.pathname;
  const env = testEnv({ appUrl: app.href, ownerUrl: trail.ownerUrl });
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
      env: { PATH: process.env.PATH, ...env },
      encoding: 'utf8',
      timeout: 60_000,
    });
    return { status, stdout, stderr };
  };
  const good = await fillTrail(trail, 3);
  const bad = await fillTrail(trail, 5);
  const gone = await fillTrail(trail, 2);
  await anchorHeads(trail);

  await t.test('ends with 0 when every trail is right', async (t) => {
    t.same(run(), {
      status: 0,
      stdout: 'Tenants: 3, entries: 10, trails that are wrong: 0.\n',
      stderr: '',
    });
  });

  const ids = await idsOf(trail, bad);
  await trail.owner`update audit_logs set action = 'x' where id = ${ids[4] ?? ''}`;
  await trail.owner`delete from audit_logs where tenant_id = ${gone}`;
  await trail.owner`delete from audit_heads where tenant_id = ${gone}`;

  await t.test(
    'ends with 1 and a line for each that is not, also of one that is all gone',
    async (t) => {
      const { status, stdout } = run();
      t.equal(status, 1);
      const lines = [
        `Tenant ${bad}: altered, in place 4, entry ${ids[4]}.`,
        `Tenant ${gone}: truncated, in place 1.`,
      ];
      t.same(stdout.split('\n').slice(0, 2), lines.sort());
      t.match(stdout, 'trails that are wrong: 2.');
    },
  );

  await t.test('verifies one tenant', async (t) => {
    t.equal(run(good).status, 0);
    t.equal(run('--', bad).status, 1);
    t.match(run(good).stdout, /^Tenants: 1, entries: 3, /);
  });

  await t.test(
    'ends with 1 for a tenant that it cannot find, or settings that are not right',
    async (t) => {
      const unknown = newId();
      t.match(run(unknown), { status: 1, stdout: `Tenant ${unknown}: there is no trail of it.` });
      t.match(run('all'), { status: 1, stderr: /^Usage: [^\n]+\n$/ });
      t.match(run(good, bad), { status: 1, stderr: /^Usage: [^\n]+\n$/ });
    },
  );
});

t.test('a trail longer than one call verifies is read to its end', async (t) => {
  const trail = await openTrail(t);
  const tenantId = await fillTrail(trail, 25);
  const write = () => {};
  const options = { tenantId, write, entriesPerCall: 10 };
  t.match(await verifyTrails(trail, options), { entries: 25, bad: 0 });
  await trail.owner`delete from audit_logs where tenant_id = ${tenantId} and seq in (10, 11)`;
  t.match(await verifyTrails(trail, options), { entries: 9, bad: 1 });
});
