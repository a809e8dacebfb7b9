import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { expectProblem } from './expect-problem.ts';
import { limitHeaders, limitTenant, statusesOf } from './limit-tenant.ts';

t.test('each answer tells what is left, and a refusal when to come back', async (t) => {
  const api = await startApi(t);
  const { token, tenant } = await signUp(api);
  await limitTenant(api, tenant.id, 3);
  const ask = (method = 'GET', path = '/tenant') => api.request(method, path, { token });

  const first = await ask();
  t.equal(first.status, 200);
  t.same(limitHeaders(first), {
    ratelimit: '"tenant";r=2;t=61',
    'ratelimit-policy': '"tenant";q=3;w=60',
    'x-ratelimit-limit': '3',
    'x-ratelimit-remaining': '2',
    'x-ratelimit-reset': '61',
  });
  const missing = await ask('GET', '/users/0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10');
  t.equal(missing.status, 404);
  t.equal(limitHeaders(missing).ratelimit, '"tenant";r=1;t=61', 'a failure counts too');
  t.equal((await ask('HEAD')).headers.get('ratelimit'), '"tenant";r=0;t=61', 'and so does HEAD');

  const refused = await ask();
  expectProblem(t, refused, 'the fourth');
  t.match(refused.body, {
    status: 429,
    code: 'rate_limited',
    detail: 'The limit "tenant" allows 3 in 60 seconds.',
  });
  const { 'retry-after': retryAfter, ...headers } = limitHeaders(refused);
  t.ok(Number(retryAfter) >= 1 && Number(retryAfter) <= 61, `in ${retryAfter} seconds`);
  t.same(headers, {
    ratelimit: '"tenant";r=0;t=61',
    'ratelimit-policy': '"tenant";q=3;w=60',
    'x-ratelimit-limit': '3',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': '61',
  });
});

t.test('the header tells of each limit, and X-RateLimit of the nearest', async (t) => {
  const api = await startApi(t, { env: { RATE_LIMIT_CALLER_PERCENT: '50' } });
  const { token, tenant } = await signUp(api);
  await limitTenant(api, tenant.id, 9);
  const ask = () => api.request('GET', '/tenant', { token });
  t.match(limitHeaders(await ask()), {
    ratelimit: '"tenant";r=8;t=61, "user";r=3;t=61',
    'ratelimit-policy': '"tenant";q=9;w=60, "user";q=4;w=60',
    'x-ratelimit-limit': '4',
    'x-ratelimit-remaining': '3',
  });
  t.same(await statusesOf(4, ask), [200, 200, 200, 429]);
  const refused = await ask();
  t.equal(refused.body.detail, 'The limit "user" allows 4 in 60 seconds.');
  t.equal(limitHeaders(refused)['x-ratelimit-limit'], '4');
});

t.test('a window of another length has its part of the requests of a minute', async (t) => {
  const api = await startApi(t, { env: { RATE_LIMIT_WINDOW_MS: '10000' } });
  const { token, tenant } = await signUp(api);
  await limitTenant(api, tenant.id, 20);
  const { headers } = await api.request('GET', '/tenant', { token });
  t.equal(headers.get('ratelimit-policy'), '"tenant";q=3;w=10', '20 / 6');
  await limitTenant(api, tenant.id, 1);
  const least = await api.request('GET', '/tenant', { token });
  t.equal(least.headers.get('ratelimit-policy'), '"tenant";q=1;w=60', 'never more than that');
});

t.test('what is asked for by operators and other services is not limited', async (t) => {
  const api = await startApi(t, { env: { RATE_LIMIT_ADDRESS_PER_MINUTE: '1' } });
  for (const path of ['health', 'health/live', 'health/ready', 'metrics', 'docs/json']) {
    const replies = [await api.request('GET', `//${path}`), await api.request('GET', `//${path}`)];
    for (const reply of replies) {
      t.equal(reply.status, 200, path);
      t.same(limitHeaders(reply), {}, path);
    }
  }
  const keys = () => api.request('GET', '//.well-known/jwks.json');
  t.same(await statusesOf(3, keys), [200, 200, 200]);
  const health = () => api.request('GET', '//health', { token: 'nonsense' });
  t.same(await statusesOf(3, health), [401, 429, 429], 'but a credential that is wrong is');
  t.equal((await api.request('GET', '//health')).status, 200);
});

t.test('a wrong token for the metrics counts for the address', async (t) => {
  const right = 'a-token-of-the-metrics';
  const api = await startApi(t, {
    env: { METRICS_TOKEN: right, RATE_LIMIT_ADDRESS_PER_MINUTE: '2' },
  });
  const read = (token: string) => api.request('GET', '//metrics', { token });
  t.same(await statusesOf(3, () => read('wrong')), [401, 401, 429]);
  t.same(await statusesOf(3, () => read(right)), [200, 200, 200], 'and the right one never');
});

t.test('RATE_LIMIT=off: nothing is counted, and nothing told', async (t) => {
  const env = { RATE_LIMIT: 'off', RATE_LIMIT_ADDRESS_PER_MINUTE: '1' };
  const api = await startApi(t, { env });
  const { token, tenant } = await signUp(api);
  await limitTenant(api, tenant.id, 1);
  const ask = () => api.request('GET', '/tenant', { token });
  t.same(await statusesOf(3, ask), [200, 200, 200]);
  t.same(limitHeaders(await ask()), {});
  t.same(await statusesOf(2, () => api.request('GET', '/tenant')), [401, 401]);
  t.same(await statusesOf(2, () => api.request('GET', '/nothing')), [404, 404]);
  t.same(await api.app.rateLimits.lookAtTenant(tenant.id), {
    limit: 1,
    windowSeconds: 60,
    used: 0,
    remaining: 1,
  });
  t.equal(
    (await api.request('GET', '//health')).body.components.rateLimits.status,
    'not_configured',
  );
});

t.test('scripts of an allowed origin can read what is left', async (t) => {
  const origin = 'https://app.example.com';
  const api = await startApi(t, { env: { CORS_ORIGINS: origin } });
  const { headers } = await api.request('GET', '/tenant', { headers: { origin } });
  const exposed = headers.get('access-control-expose-headers')?.split(', ') ?? [];
  for (const name of Object.keys(limitHeaders({ headers }))) t.ok(exposed.includes(name), name);
  for (const name of ['retry-after', 'idempotency-replayed']) t.ok(exposed.includes(name), name);
  t.ok(headers.has('ratelimit'));
});
