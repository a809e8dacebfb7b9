import { randomUUID } from 'node:crypto';
import type { Api } from '@trellis/test/api';
import { type Account, signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import t from 'tap';
import { upload } from '../../files/test/upload.ts';
import { invite, newEmail } from '../../invitations/test/invite.ts';
import { graceLimits } from '../../plans/test/change-limits.ts';
import { isForAdministrators, samplePlan, startPlatform, trailOf } from './administrate.ts';

const dayMs = 86_400_000;
const nothing = { maxUsers: 1, maxStorage: 0, maxWebhooks: 0, maxEvents: 0 };

/** Two of everything that a plan counts, and eight bytes. */
async function useSome(api: Api, account: Account): Promise<void> {
  await invite(api, account);
  for (let count = 0; count < 2; count++) {
    await subscribe(api, account, 'http://127.0.0.1:9/hook');
    await publish(api, account);
    await upload(api, account, 'four');
  }
}

t.test('PUT /admin/tenants/:id/plan', async (t) => {
  const platform = await startPlatform(t);
  const { api, admin, account, call } = platform;
  const put = (body: unknown, owner: Pick<Account, 'tenant'> = account, headers = {}) =>
    call('PUT', `/admin/tenants/${owner.tenant.id}/plan`, body, headers);
  const show = async ({ tenant }: Pick<Account, 'tenant'>) =>
    (await call('GET', `/admin/tenants/${tenant.id}`)).body;
  const usageOf = async ({ token }: Account) =>
    (await api.request('GET', '/tenant/usage', { token })).body;
  const addUser = ({ token }: Account) =>
    api.request('POST', '/users', { token, body: { email: newEmail(), name: 'Ada' } });
  await call('POST', '/admin/plans', samplePlan('tiny', nothing));

  await t.test('200: the plan and the overrides take the place of those before', async (t) => {
    const overrides = { rateLimit: 50, maxUsers: 2, featuresEnabled: ['export'] };
    const { status, body, headers } = await put({ planType: 'pro', overrides });
    t.equal(status, 200);
    t.match(body, { planType: 'pro', overrides, grace: null, plan: { maxUsers: 100 } });
    t.match(body.limits, { ...overrides, maxWebhooks: 50, retryTail: true });
    t.same(body, await show(account));
    t.match(headers.get('etag'), /^"\w+"$/);
    t.match(await usageOf(account), { planType: 'pro', users: { used: 1, limit: 2 } });
    t.equal((await addUser(account)).status, 201);
    t.equal((await addUser(account)).body.code, 'plan_limit_reached');

    const next = await put({ planType: 'pro', overrides: { maxWebhooks: 0 } });
    t.same(next.body.overrides, { maxWebhooks: 0 });
    t.match(next.body.limits, { maxUsers: 100, maxWebhooks: 0, featuresEnabled: [] });
    t.same((await put({ planType: 'free' })).body.overrides, {});
    t.equal((await addUser(account)).status, 201);
  });

  await t.test('both trails tell it: that of the tenant nothing of who it was', async (t) => {
    const [own] = await trailOf(api, admin, 'tenant.plan_changed');
    t.match(own, { actorType: 'user', actorId: admin.user.id, resourceId: account.tenant.id });
    t.same(own.before, { planType: 'pro', overrides: { maxWebhooks: 0 }, grace: null });
    t.same(own.after, { planType: 'free', overrides: {}, grace: null });
    const told = await trailOf(api, account, 'tenant.plan_changed');
    t.equal(told.length, 3);
    const { before, after } = own;
    const nobody = { actorType: 'system', actorId: null, ip: null, userAgent: null };
    t.match(told[0], { ...nobody, resourceId: account.tenant.id, before, after });
    t.notMatch(JSON.stringify(told), admin.user.id);
    t.equal((await put({ planType: 'free' })).status, 200);
    t.same(await trailOf(api, account, 'tenant.plan_changed'), told, 'no change is told to nobody');
    const mine = await put({ planType: 'enterprise', overrides: { maxUsers: 50 } }, admin);
    t.equal(mine.status, 200);
    const [last] = await trailOf(api, admin, 'tenant.plan_changed');
    t.match(last, { actorId: admin.user.id, resourceId: admin.tenant.id }, 'the own tenant, once');
  });

  await t.test('409: below what is used, with all that is over, and nothing changes', async (t) => {
    const owner = await signUp(api);
    await useSome(api, owner);
    const before = await show(owner);
    const { status, body } = await put({ planType: 'tiny' }, owner);
    t.equal(status, 409);
    t.equal(body.code, 'plan_below_use');
    t.same(body.errors, [
      { path: 'events', message: '2 are used, the plan allows 0' },
      { path: 'storage', message: '8 are used, the plan allows 0' },
      { path: 'users', message: '2 are used, the plan allows 1' },
      { path: 'webhooks', message: '2 are used, the plan allows 0' },
    ]);
    t.same(await show(owner), before);
    const overrides = { maxUsers: 2, maxStorage: 8, maxWebhooks: 1, maxEvents: 2 };
    const one = await put({ planType: 'tiny', overrides }, owner);
    t.same(one.body.errors, [{ path: 'webhooks', message: '2 are used, the plan allows 1' }]);
    const fits = { ...overrides, maxWebhooks: 2 };
    t.equal((await put({ planType: 'tiny', overrides: fits }, owner)).status, 200, 'just enough');
  });

  await t.test('200: with a grace, what is used has its place for so many days', async (t) => {
    const owner = await signUp(api);
    const { token } = owner;
    const { id } = await invite(api, owner);
    const { status, body } = await put({ planType: 'tiny', graceDays: 30 }, owner);
    t.equal(status, 200);
    t.same(body.grace.quotas, { maxUsers: 2 }, 'only what is over');
    const days = (Date.parse(body.grace.until) - Date.now()) / dayMs;
    t.ok(days > 29.9 && days <= 30.1, `${days} days`);
    t.match(body.limits, { maxUsers: 2, maxWebhooks: 0 });
    t.equal((await addUser(owner)).body.code, 'plan_limit_reached', 'nothing can be added');
    await api.request('DELETE', `/invitations/${id}`, { token });
    t.equal((await addUser(owner)).status, 201, 'until there is room');
    const again = await put({ planType: 'free', graceDays: 30 }, owner);
    t.equal(again.body.grace, null, 'none where nothing is over');

    await put({ planType: 'tiny', graceDays: 365 }, owner);
    await graceLimits(api, owner, { maxUsers: 5 }, -1);
    t.match(await show(owner), { grace: null, limits: { maxUsers: 1 } }, 'and then it is over');
    t.equal((await addUser(owner)).body.code, 'plan_limit_reached');
  });

  await t.test('200: events of a grace go on to the end of the month', async (t) => {
    const owner = await signUp(api);
    await publish(api, owner);
    const { body } = await put({ planType: 'tiny', graceDays: 60 }, owner);
    t.same(body.grace.quotas, { maxEvents: 100_000 }, 'no quota is called eventsMonth');
    t.match(body.usage.events, { used: 1, limit: 100_000 });
    await publish(api, owner);
    const [told] = await trailOf(api, owner, 'tenant.plan_changed');
    t.same(told.after.grace.quotas, { maxEvents: 100_000 });
    const { db } = api.app.platform;
    await db.querySystem(
      (sql) => sql`
        update tenants set plan_grace = plan_grace || '{"eventsMonth": "2026-01"}'::jsonb
        where id = ${owner.tenant.id} and plan_grace->>'eventsMonth' =
          to_char(now() at time zone 'utc', 'YYYY-MM')`,
    );
    t.match(await show(owner), { grace: null, limits: { maxEvents: 0 } });
    t.equal((await usageOf(owner)).grace, null);
  });

  await t.test(
    '200: what was over before stops no change that has to do with others',
    async (t) => {
      const owner = await signUp(api);
      await useSome(api, owner);
      await put({ planType: 'tiny', graceDays: 0 }, owner);
      const { status, body } = await put(
        { planType: 'tiny', overrides: { rateLimit: 9, maxUsers: 2 } },
        owner,
      );
      t.match({ status, grace: body.grace }, { status: 200, grace: null });
      const again = await put(
        { planType: 'tiny', overrides: { maxUsers: 2 }, graceDays: 9 },
        owner,
      );
      t.equal(again.body.grace, null, 'nor gets it a grace');
      const less = await put({ planType: 'tiny' }, owner);
      t.same(less.body.errors, [{ path: 'users', message: '2 are used, the plan allows 1' }]);
    },
  );

  await t.test('200: a grace that runs goes on for what is still over', async (t) => {
    const owner = await signUp(api);
    await useSome(api, owner);
    const { body: first } = await put({ planType: 'tiny', graceDays: 30 }, owner);
    const quotas = { maxUsers: 2, maxStorage: 8, maxWebhooks: 2, maxEvents: 100_000 };
    t.same(first.grace.quotas, quotas);
    const other = await put({ planType: 'tiny', overrides: { rateLimit: 9 } }, owner);
    t.same(other.body.grace, first.grace);
    t.match(other.body.limits, { ...quotas, rateLimit: 9 });
    const { maxUsers, ...rest } = quotas;
    const more = await put({ planType: 'tiny', overrides: { maxUsers } }, owner);
    t.same(more.body.grace, { until: first.grace.until, quotas: rest });
    const { body: refused } = await put({ planType: 'tiny' }, owner);
    t.same(refused.errors, [{ path: 'users', message: '2 are used, the plan allows 1' }]);
    const ended = await put({ planType: 'tiny', overrides: { maxUsers }, graceDays: 0 }, owner);
    t.equal(ended.body.grace, null, 'until it is ended');
  });

  await t.test('200: what changes nothing leaves the version as it was', async (t) => {
    const owner = await signUp(api);
    await useSome(api, owner);
    const same = { planType: 'tiny', overrides: { maxUsers: 1, featuresEnabled: ['export'] } };
    const first = await put({ ...same, graceDays: 30 }, owner);
    const second = await put(same, owner);
    t.equal(second.status, 200);
    t.same(second.body, first.body);
    t.equal(second.headers.get('etag'), first.headers.get('etag'));
    const other = await put({ ...same, overrides: { maxUsers: 1 } }, owner);
    t.not(other.headers.get('etag'), first.headers.get('etag'));
  });

  await t.test('200: with 0 days all holds at once; nothing is lost or added', async (t) => {
    const owner = await signUp(api);
    await useSome(api, owner);
    const { status, body } = await put({ planType: 'tiny', graceDays: 0 }, owner);
    t.equal(status, 200);
    t.equal(body.grace, null);
    t.match(body.limits, nothing);
    t.match(body.usage, {
      users: { used: 2, limit: 1, remaining: 0 },
      storage: { used: 8, limit: 0, remaining: 0 },
      webhooks: { used: 2, limit: 0, remaining: 0 },
      events: { used: 2, limit: 0, remaining: 0 },
    });
    t.equal((await addUser(owner)).body.code, 'plan_limit_reached');
    t.equal((await upload(api, owner, 'more')).status, 403);
  });

  await t.test('422: there is no such plan', async (t) => {
    const { status, body } = await put({ planType: 'gold' });
    t.equal(status, 422);
    t.equal(body.code, 'unknown_plan');
  });

  await t.test('412: an If-Match of an older version', async (t) => {
    const { headers } = await call('GET', `/admin/tenants/${account.tenant.id}`);
    const first = { 'if-match': headers.get('etag') ?? '' };
    const replies = await Promise.all(
      [10, 11, 12].map((maxUsers) =>
        put({ planType: 'free', overrides: { maxUsers } }, account, first),
      ),
    );
    t.same(replies.map(({ status }) => status).toSorted(), [200, 412, 412]);
  });

  await t.test('404: there is no such tenant', async (t) => {
    const nobody = { tenant: { ...account.tenant, id: randomUUID() } };
    t.equal((await put({ planType: 'free' }, nobody)).body.code, 'not_found');
  });

  await t.test('400: no plan, limits out of bounds or of another kind', async (t) => {
    const wrong = [
      {},
      { planType: 'No' },
      { planType: 'free', overrides: { maxUsers: 0 } },
      { planType: 'free', overrides: { rateLimit: 1_000_001 } },
      { planType: 'free', overrides: { retentionDays: 9 } },
      { planType: 'free', overrides: null },
      { planType: 'free', graceDays: -1 },
      { planType: 'free', graceDays: 366 },
      { planType: 'free', graceDays: 1.5 },
    ];
    for (const body of wrong) {
      t.equal((await put(body)).body.code, 'validation_failed', JSON.stringify(body));
    }
  });

  await t.test('401, 403: for administrators alone, also of their own tenant', (t) => {
    const path = `/admin/tenants/${account.tenant.id}/plan`;
    return isForAdministrators(t, platform, 'PUT', path, { planType: 'enterprise' });
  });
});
