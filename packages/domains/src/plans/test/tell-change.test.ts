import type { Api } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { asSystem } from '@trellis/test/installation';
import { type Account, signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { samplePlan, startPlatform } from '../../admin/test/administrate.ts';
import { tellPlanChange } from '../jobs.ts';
import { createTeller } from '../tell-change.ts';
import { overrideLimits } from './change-limits.ts';

/** The `data` of each `plan.changed` that the tenant was told, the newest first. */
async function toldTo(api: Api, { token }: Account): Promise<Record<string, unknown>[]> {
  const { body } = await api.request('GET', '/events?type=plan.changed&limit=100', { token });
  return body.data.map(({ payload }: { payload: string }) => JSON.parse(payload).data);
}

async function waitingJobs(api: Api) {
  const rows = await asSystem(
    api.database,
    (tx) => tx.sql<{ payload: Parameters<ReturnType<typeof createTeller>>[0] }[]>`
      select payload from jobs where name = ${tellPlanChange.name} order by id`,
  );
  return rows.map(({ payload }) => payload);
}

const nowhere = 'http://127.0.0.1:9/hook';

t.test('the tenants of a plan hear that it has changed', async (t) => {
  const { api, account, call } = await startPlatform(t);
  const sign = async (events: string[]) => {
    const owner = await signUp(api);
    if (events.length > 0) await subscribe(api, owner, nowhere, events);
    return owner;
  };
  const listeners = [await sign(['*']), await sign(['plan.*']), await sign(['plan.changed'])];
  const others = [account, await sign([]), await sign(['user.*'])];
  const elsewhere = await sign(['*']);
  await call('PUT', `/admin/tenants/${elsewhere.tenant.id}/plan`, { planType: 'pro' });
  const [exempt, partly] = [await sign(['*']), await sign(['*'])];
  await overrideLimits(api, exempt, { maxUsers: 9, maxWebhooks: 9 });
  await overrideLimits(api, partly, { maxUsers: 9 });
  const before = (await toldTo(api, elsewhere)).length;
  const worker = await startWorker(t, api);
  const change = async (body: object) => {
    t.equal((await call('PATCH', '/admin/plans/free', body)).status, 200);
    await eventually(async () => (await waitingJobs(api)).length === 0, { timeoutMs: 30_000 });
  };

  await t.test('each once, with the limits of its own that it has', async (t) => {
    await change({ maxUsers: 6, maxWebhooks: 6 });
    const { body } = await call('GET', `/admin/tenants/${account.tenant.id}`);
    const expected = { planType: 'free', previousPlanType: 'free', graceUntil: null };
    for (const listener of listeners) {
      t.same(await toldTo(api, listener), [{ ...expected, limits: body.limits }]);
    }
    t.same(await toldTo(api, partly), [{ ...expected, limits: { ...body.limits, maxUsers: 9 } }]);
  });

  await t.test('not who has these limits otherwise, another plan, or no ear for it', async (t) => {
    t.same(await toldTo(api, exempt), []);
    t.equal((await toldTo(api, elsewhere)).length, before);
    for (const other of others) t.same(await toldTo(api, other), []);
  });

  await t.test('not of what is no limit', async (t) => {
    await change({ name: 'Gratis', webhookFailureDays: 6 });
    for (const listener of listeners) t.equal((await toldTo(api, listener)).length, 1);
  });

  await t.test('of each change anew', async (t) => {
    await change({ retentionDays: 8 });
    for (const listener of [...listeners, exempt]) {
      t.match((await toldTo(api, listener))[0], { limits: { retentionDays: 8 } });
    }
    await worker.stop();
  });
});

t.test('a job that ends anywhere is followed by one that tells the others alone', async (t) => {
  const { api, call } = await startPlatform(t);
  await call('POST', '/admin/plans', samplePlan('team', { isDefault: true }));
  const listeners: Account[] = [];
  for (let count = 0; count < 4; count++) {
    const owner = await signUp(api);
    await subscribe(api, owner, nowhere);
    listeners.push(owner);
  }
  await call('PATCH', '/admin/plans/team', { maxUsers: 30 });
  const counts = async () =>
    Promise.all(listeners.map(async (owner) => (await toldTo(api, owner)).length));
  const [payload] = await waitingJobs(api);
  if (!payload) throw new Error('no job waits');
  const { platform } = api.app;

  await t.test('a turn that is over asks for a job that goes on', async (t) => {
    await createTeller(platform, { tenantsMax: 1, turnMs: 0 })(payload);
    t.same(await counts(), [1, 0, 0, 0]);
    const [, rest] = await waitingJobs(api);
    t.same(rest, { ...payload, after: listeners[0]?.tenant.id });
  });

  await t.test('a job that begins anew after a crash tells nobody twice', async (t) => {
    await createTeller(platform, { tenantsMax: 2, turnMs: 60_000 })(payload);
    t.same(await counts(), [1, 1, 1, 1]);
  });

  await t.test('nor do several at once, nor after yet another change', async (t) => {
    await call('PATCH', '/admin/plans/team', { maxUsers: 31 });
    const second = (await waitingJobs(api)).at(-1) ?? payload;
    const run = createTeller(platform);
    await Promise.all([run(second), run(second), run(payload), run(second)]);
    t.same(await counts(), [2, 2, 2, 2]);
    for (const owner of listeners) {
      t.match((await toldTo(api, owner))[0], { limits: { maxUsers: 31 } });
    }
  });
});

t.test('a job that waited for a tenant tells it of the plan as it is then', async (t) => {
  const { api, call } = await startPlatform(t);
  const owner = await signUp(api);
  await subscribe(api, owner, nowhere);
  await call('PATCH', '/admin/plans/free', { maxUsers: 30 });
  const [payload] = await waitingJobs(api);
  if (!payload) throw new Error('no job waits');
  const { platform } = api.app;
  const held = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const holder = platform.db.asSystem(async (tx) => {
    await tx.sql`select from tenants where id = ${owner.tenant.id} for no key update`;
    held.resolve();
    await release.promise;
  });
  await held.promise;
  const telling = createTeller(platform)(payload);
  await eventually(async () => {
    const [row] = await asSystem(
      api.database,
      (tx) => tx.sql`
        select from pg_locks l join pg_stat_activity a using (pid)
        where not l.granted and a.datname = current_database()`,
    );
    return row !== undefined;
  });
  t.equal((await call('PATCH', '/admin/plans/free', { maxUsers: 31 })).status, 200);
  release.resolve();
  await Promise.all([holder, telling]);
  t.match(await toldTo(api, owner), [{ limits: { maxUsers: 31 } }]);
  const { body } = await api.request('GET', '/events?type=plan.changed', owner);
  t.match(body.data, [{ orderingKey: 'plan' }], 'and is delivered after what was told before');
});
