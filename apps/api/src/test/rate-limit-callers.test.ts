import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { backends } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { createKey } from '../../../../packages/domains/src/api-keys/test/create-key.ts';
import { addUser } from '../../../../packages/domains/src/users/test/add-user.ts';
import { limitHeaders, limitTenant, statusesOf } from './limit-tenant.ts';

for (const backend of backends) {
  t.test(
    `a tenant has one limit for all its callers, and none of another, on ${backend}`,
    async (t) => {
      const api = await startApi(t, { backend });
      const account = await signUp(api);
      const other = await signUp(api, 'Other');
      await limitTenant(api, account.tenant.id, 4);
      await limitTenant(api, other.tenant.id, 1);
      const { key } = await createKey(api, account.token, ['*:read']);
      const asOwner = () => api.request('GET', '/tenant', { token: account.token });
      const asKey = () => api.request('GET', '/users', { token: key });
      t.same(await statusesOf(2, asOwner), [200, 200], 'beside the creation of the key');
      t.same(await statusesOf(2, asKey), [200, 429]);
      t.same(await statusesOf(1, asOwner), [429]);
      const others = () => api.request('GET', '/tenant', { token: other.token });
      t.same(await statusesOf(2, others), [200, 429]);
    },
  );
}

t.test('one person uses up no more than RATE_LIMIT_CALLER_PERCENT', async (t) => {
  const api = await startApi(t, { env: { RATE_LIMIT_CALLER_PERCENT: '10' } });
  const account = await signUp(api);
  const { token } = await addUser(api, account, ['users:read']);
  const { key } = await createKey(api, account.token, ['*:read']);
  await limitTenant(api, account.tenant.id, 30);
  const ask = (credential: string) => () => api.request('GET', '/users', { token: credential });
  t.same(await statusesOf(4, ask(token)), [200, 200, 200, 429]);
  t.same(await statusesOf(4, ask(key)), [200, 200, 200, 429], 'and neither does a key');
  const { headers } = await ask(key)();
  t.equal(headers.get('ratelimit-policy'), '"tenant";q=30;w=60, "key";q=3;w=60');
});

t.test('nobody who tries passwords locks out colleagues', async (t) => {
  const api = await startApi(t, { env: { RATE_LIMIT_ADDRESS_PER_MINUTE: '30' } });
  const account = await signUp(api);
  const { token } = await addUser(api, account, []);
  const body = {
    currentPassword: 'not the one of the tests',
    newPassword: 'another long password',
  };
  const change = (credential: string) => () =>
    api.request('POST', '/auth/password/change', { token: credential, body });
  await limitTenant(api, account.tenant.id, 10);
  const first = await change(token)();
  t.equal(first.status, 422);
  t.equal(limitHeaders(first)['ratelimit-policy'], '"login-user";q=3;w=60', 'that of an address');
  t.same(await statusesOf(3, change(token)), [422, 422, 429]);
  t.same(await statusesOf(1, change(account.token)), [422]);
  await limitTenant(api, account.tenant.id, 50);
  t.equal(
    limitHeaders(await change(token)())['ratelimit-policy'],
    '"login-user";q=5;w=60',
    'or that of the tenant, when it is larger',
  );
});

t.test('an API key may ask no more often than its own limit says', async (t) => {
  const api = await startApi(t);
  const { token, tenant } = await signUp(api);
  const { key } = await createKey(api, token, ['*'], { rateLimit: 2 });
  const wide = await createKey(api, token, ['*:read'], { rateLimit: 1_000_000 });
  await limitTenant(api, tenant.id, 100);
  const ask = (credential = key) => api.request('GET', '/users', { token: credential });
  t.match(limitHeaders(await ask()), {
    'ratelimit-policy': '"tenant";q=100;w=60, "key";q=2;w=60',
    'x-ratelimit-limit': '2',
    'x-ratelimit-remaining': '1',
  });
  t.same(await statusesOf(2, ask), [200, 429]);
  t.equal((await api.request('GET', '/users', { token })).status, 200, 'others go on');
  t.equal(limitHeaders(await ask(wide.key))['ratelimit-policy'], '"tenant";q=100;w=60');

  await t.test('in a window of a route, by as much more as all have there', async (t) => {
    const body = { type: 'order.paid', data: {} };
    const { status, headers } = await api.request('POST', '/events', { token: key, body });
    t.equal(status, 202, 'what is used up of the general window is no matter');
    t.equal(headers.get('ratelimit-policy'), '"publish";q=1000;w=60, "publish-key";q=20;w=60');
  });
});

t.test('a change of the plan holds in every process, without a request for it', async (t) => {
  const api = await startApi(t);
  const second = await startApi(t, { beside: api });
  const { token, tenant } = await signUp(api);
  await limitTenant(api, tenant.id, 1);
  const ask = (server: typeof api) => server.request('GET', '/tenant', { token });
  for (const server of [api, second]) {
    t.same(await statusesOf(2, () => ask(server)), [200, 429], 'each counts by itself here');
  }
  await limitTenant(api, tenant.id, 3);
  t.equal((await ask(api)).status, 200, 'at once where it was announced');
  await eventually(async () => (await second.app.rateLimits.lookAtTenant(tenant.id)).limit === 3);
  t.same(await statusesOf(3, () => ask(second)), [200, 200, 429]);
});

t.test('a plan that changes itself holds for its tenants', async (t) => {
  const api = await startApi(t);
  const { token } = await signUp(api);
  const ask = () => api.request('GET', '/tenant', { token });
  t.equal((await ask()).headers.get('x-ratelimit-limit'), '600000');
  await api.app.platform.db.asSystem(async (tx) => {
    await tx.sql`update plans set rate_limit = 2 where plan_type = 'free'`;
    await api.app.platform.changes.announce(tx, 'plans.plan-changed', 'free');
  });
  t.same(await statusesOf(2, ask), [200, 429], 'the request before counts');
});

t.test('looking at what a tenant has used counts nothing', async (t) => {
  const api = await startApi(t);
  const { token, tenant } = await signUp(api);
  await limitTenant(api, tenant.id, 2);
  const look = () => api.app.rateLimits.lookAtTenant(tenant.id);
  t.same(await look(), { limit: 2, windowSeconds: 60, used: 0, remaining: 2 });
  await api.request('GET', '/tenant', { token });
  t.same(await look(), { limit: 2, windowSeconds: 60, used: 1, remaining: 1 });
  t.same(await look(), { limit: 2, windowSeconds: 60, used: 1, remaining: 1 });
});

t.test('a route that costs more takes as much', async (t) => {
  const api = await startApi(t);
  const { token, tenant } = await signUp(api);
  await limitTenant(api, tenant.id, 25);
  const verify = () => api.request('GET', '/audit-logs/verify', { token });
  const { status, headers } = await verify();
  t.equal(status, 200);
  t.equal(headers.get('ratelimit'), '"tenant";r=15;t=61');
  t.same(await statusesOf(2, verify), [200, 429]);
  const read = await api.request('GET', '/tenant', { token });
  t.equal(read.status, 200, 'there is room for what costs less');
  t.equal(read.headers.get('x-ratelimit-remaining'), '4');
});

t.test('what a known caller is refused counts for its tenant', async (t) => {
  const api = await startApi(t);
  const { token, tenant } = await signUp(api);
  const { key } = await createKey(api, token, ['roles:read']);
  await limitTenant(api, tenant.id, 3);
  const forbidden = () => api.request('GET', '/users', { token: key });
  t.same(await statusesOf(3, forbidden), [403, 403, 429], 'beside the creation of the key');
});
