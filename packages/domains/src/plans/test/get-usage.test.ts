import { setImmediate } from 'node:timers/promises';
import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { type Account, signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import t from 'tap';
import { createKey } from '../../api-keys/test/create-key.ts';
import { upload } from '../../files/test/upload.ts';
import { domainsFolder } from '../../folder.ts';
import { invite } from '../../invitations/test/invite.ts';
import { addUser } from '../../users/test/add-user.ts';
import { defineQuota } from '../define-quota.ts';
import { loadQuotas } from '../load-quotas.ts';
import { createPlansService } from '../service.ts';
import { graceLimits, overrideLimits } from './change-limits.ts';

const gibibyte = 1_073_741_824;

const get = (api: Api, { token }: Pick<Account, 'token'>) =>
  api.request('GET', '/tenant/usage', { token });

t.test('GET /tenant/usage', async (t) => {
  const api = await startApi(t);
  const { body: plans } = await api.request('GET', '/plans', await signUp(api));
  const perMinute = plans.data[0].rateLimit;

  await t.test('200: the plan and each quota, before anything is used', async (t) => {
    const { status, body } = await get(api, await signUp(api));
    t.equal(status, 200);
    const { rateLimit, ...rest } = body;
    t.strictSame(rest, {
      planType: 'free',
      planName: 'Free',
      featuresEnabled: [],
      users: { used: 1, limit: 5, remaining: 4 },
      storage: { used: 0, limit: gibibyte, remaining: gibibyte },
      webhooks: { used: 0, limit: 5, remaining: 5 },
      events: { used: 0, limit: 100_000, remaining: 100_000 },
      grace: null,
    });
    t.match(rateLimit, { limit: perMinute, windowSeconds: 60, used: Number, remaining: Number });
  });

  await t.test('200: a part for each quota that a domain declares', async (t) => {
    const { body } = await get(api, await signUp(api));
    for (const { name } of await loadQuotas(domainsFolder)) {
      t.match(body[name], { used: Number, limit: Number, remaining: Number }, name);
    }
  });

  await t.test('200: counts what this tenant has, and nothing of another', async (t) => {
    const account = await signUp(api);
    const stranger = await signUp(api, 'Stranger');
    await invite(api, account);
    await addUser(api, account, []);
    await upload(api, account, 'eight by');
    await subscribe(api, account, 'http://127.0.0.1:9/hook');
    await publish(api, account);
    await publish(api, account);
    const { body } = await get(api, account);
    t.match(body, {
      users: { used: 3, remaining: 2 },
      storage: { used: 8, remaining: gibibyte - 8 },
      webhooks: { used: 1, remaining: 4 },
      events: { used: 2, remaining: 99_998 },
    });
    t.match((await get(api, stranger)).body, {
      users: { used: 1 },
      storage: { used: 0 },
      webhooks: { used: 0 },
      events: { used: 0 },
    });
  });

  await t.test('200: what was published before this month does not count', async (t) => {
    const account = await signUp(api);
    await publish(api, account);
    await api.app.platform.db.querySystem(
      (sql) => sql`
        update quota_use set period = (period - interval '1 month')::date
        where tenant_id = ${account.tenant.id}`,
    );
    t.match((await get(api, account)).body.events, { used: 0, remaining: 100_000 });
  });

  await t.test('200: what is given back is there again', async (t) => {
    const account = await signUp(api);
    const { token } = account;
    const { id } = await subscribe(api, account, 'http://127.0.0.1:9/hook');
    const { body: file } = await upload(api, account, 'eight by');
    await api.request('DELETE', `/webhooks/${id}`, { token });
    await api.request('DELETE', `/files/${file.id}`, { token });
    t.match((await get(api, account)).body, { webhooks: { used: 0 }, storage: { used: 0 } });
  });

  await t.test(
    '200: limits that the tenant alone has, and never less than nothing left',
    async (t) => {
      const account = await signUp(api);
      await addUser(api, account, []);
      const overrides = { maxUsers: 1, rateLimit: 77_000, featuresEnabled: ['export'] };
      await overrideLimits(api, account, overrides);
      const { body } = await get(api, account);
      t.strictSame(body.users, { used: 2, limit: 1, remaining: 0 });
      t.strictSame(body.webhooks.limit, 5, 'the others are those of the plan');
      t.strictSame(body.featuresEnabled, ['export']);
      t.equal(body.rateLimit.limit, 77_000);
      await eventually(async () => {
        const { used, remaining } = (await get(api, account)).body.rateLimit;
        return used + remaining === 77_000;
      });
    },
  );

  await t.test(
    '200: a grace is shown until it is over, with the limits that it leaves',
    async (t) => {
      const account = await signUp(api);
      await overrideLimits(api, account, { maxUsers: 2, maxWebhooks: 2 });
      await graceLimits(api, account, { maxUsers: 9 }, 3_600);
      const { body } = await get(api, account);
      t.match(body, { users: { limit: 9 }, webhooks: { limit: 2 } });
      t.strictSame(body.grace.quotas, { maxUsers: 9 });
      t.ok(Date.parse(body.grace.until) > Date.now());
      await graceLimits(api, account, { maxUsers: 9 }, -1);
      t.match((await get(api, account)).body, { users: { limit: 2 }, grace: null });
      await graceLimits(api, account, {}, 3_600);
      t.equal((await get(api, account)).body.grace, null, 'nor one that leaves nothing as it was');
    },
  );

  await t.test('200: the requests of the tenant, whoever made them', async (t) => {
    const account = await signUp(api);
    const member = await addUser(api, account, []);
    const before = (await get(api, account)).body.rateLimit;
    for (let call = 0; call < 3; call++) await get(api, member);
    const { body } = await get(api, account);
    t.ok(body.rateLimit.used >= before.used + 3, `${body.rateLimit.used} after ${before.used}`);
    t.equal(body.rateLimit.used + body.rateLimit.remaining, perMinute);
  });

  await t.test('200: for every member and every API key', async (t) => {
    const account = await signUp(api);
    const member = await addUser(api, account, []);
    t.match((await get(api, member)).body, { planType: 'free', users: { used: 2 } });
    const { key } = await createKey(api, account.token, ['files:read']);
    t.match((await get(api, { token: key })).body, { planType: 'free', users: { used: 2 } });
  });

  await t.test('403: not for a tenant that is suspended', async (t) => {
    const account = await signUp(api);
    await api.app.platform.db.querySystem(
      (sql) => sql`update tenants set status = 'suspended' where id = ${account.tenant.id}`,
    );
    const { status, body } = await get(api, account);
    t.match({ status, code: body.code }, { status: 403, code: 'tenant_suspended' });
  });

  await t.test('401: without a token', async (t) => {
    const { status, body } = await api.request('GET', '/tenant/usage');
    t.match({ status, code: body.code }, { status: 401, code: 'unauthenticated' });
  });
});

t.test('a window shorter than a minute is shown with what fits it', async (t) => {
  const api = await startApi(t, { env: { RATE_LIMIT_WINDOW_MS: '30000' } });
  const account = await signUp(api);
  const perMinute = (await api.request('GET', '/plans', account)).body.data[0].rateLimit;
  const { rateLimit } = (await get(api, account)).body;
  const { limit, windowLimit, used, remaining } = rateLimit;
  t.equal(limit, perMinute);
  t.equal(windowLimit, perMinute / 2);
  t.equal(used + remaining, windowLimit);
});

t.test('a connection that is lost while quotas are counted fails the request alone', async (t) => {
  const api = await startApi(t);
  const { tenant, user } = await signUp(api);
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  t.teardown(() => process.off('unhandledRejection', note));
  const losing = defineQuota({
    name: 'things',
    limit: 'maxWebhooks',
    counts: 'things of all kinds',
    used: async (tx) => (await tx.sql`select pg_terminate_backend(pg_backend_pid())`).length,
  });
  const { platform, rateLimits } = api.app;
  const quotas = [losing, { ...losing, name: 'others' }];
  const service = createPlansService({ ...platform, quotas, rateLimits });
  const call = {
    tenantId: tenant.id,
    actor: { type: 'user' as const, id: user.id },
    permissions: new Set<string>(),
    ...{ sessionId: null, requestId: 'lost', ip: null, userAgent: null },
  };
  await t.rejects(service.usage(call));
  await setImmediate();
  t.same(unhandled, []);
});
