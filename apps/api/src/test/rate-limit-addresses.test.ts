import { startApi } from '@trellis/test/api';
import { password, signUp } from '@trellis/test/sign-up';
import t, { type Test } from 'tap';
import { limitHeaders, statusesOf } from './limit-tenant.ts';

/** An API behind a proxy, so that requests come from where they say. */
async function startBehindProxy(t: Test, perMinute: number) {
  const env = { TRUST_PROXY: '127.0.0.1', RATE_LIMIT_ADDRESS_PER_MINUTE: String(perMinute) };
  const api = await startApi(t, { env });
  const from = (address: string, method: string, path: string, token?: string, body?: object) =>
    api.request(method, path, { token, body, headers: { 'x-forwarded-for': address } });
  return { api, from };
}

t.test('without a credential the address counts', async (t) => {
  const { from } = await startBehindProxy(t, 3);
  const open = (address: string) => from(address, 'GET', '//verify-email');
  t.match(limitHeaders(await open('203.0.113.1')), {
    ratelimit: '"address";r=2;t=61',
    'ratelimit-policy': '"address";q=3;w=60',
  });
  t.same(await statusesOf(3, () => open('203.0.113.1')), [200, 200, 429]);
  t.equal((await open('203.0.113.2')).status, 200, 'each by itself');
});

t.test('refreshing and linked downloads go on where much is refused', async (t) => {
  const { from } = await startBehindProxy(t, 2);
  const address = '203.0.113.1';
  const guess = () => from(address, 'GET', '/tenant', 'nonsense');
  const scan = () => from(address, 'GET', '//.env');
  t.same([...(await statusesOf(2, guess)), ...(await statusesOf(1, scan))], [401, 401, 429]);
  const refresh = () =>
    from(address, 'POST', '/auth/refresh', undefined, { refreshToken: 'x'.repeat(43) });
  const first = await refresh();
  t.equal(first.status, 401);
  t.equal(limitHeaders(first)['ratelimit-policy'], '"refresh";q=2;w=60');
  t.same(await statusesOf(2, refresh), [401, 429]);
  const download = await from(address, 'GET', '/files/download');
  t.equal(limitHeaders(download).ratelimit, '"download";r=1;t=61');
  const page = await from(address, 'GET', '//verify-email');
  t.equal(limitHeaders(page).ratelimit, '"address";r=1;t=61');
});

t.test('of an IPv6 address the /64 counts', async (t) => {
  const { from } = await startBehindProxy(t, 2);
  const ask = (address: string) => from(address, 'GET', '/tenant');
  t.equal((await ask('2001:db8:0:7::1')).status, 401);
  t.equal((await ask('2001:db8:0:7:ffff:ffff::9')).status, 401);
  t.equal((await ask('2001:0db8:0000:0007:1::')).status, 429);
  t.equal((await ask('2001:db8:0:8::1')).status, 401, 'the next network');
  t.equal((await ask('203.0.113.1')).status, 401);
  t.equal((await ask('::ffff:203.0.113.1')).status, 401);
  t.equal((await ask('203.0.113.1')).status, 429, 'one address, however it is written');
  t.equal((await ask('203.0.113.1:5678')).status, 429, 'with the port that some proxies add');
});

t.test('a credential that is refused counts for the address', async (t) => {
  const { api, from } = await startBehindProxy(t, 20);
  const { token } = await signUp(api);
  const address = '203.0.113.9';
  const ask = (credential?: string) => from(address, 'GET', '/tenant', credential);
  t.same(await statusesOf(18, () => ask('nonsense')), Array(18).fill(401));
  t.same(await statusesOf(2, () => ask()), [401, 401], 'and so does none at all');
  for (const credential of ['nonsense', `trl_${'a'.repeat(12)}_${'A'.repeat(43)}`, undefined]) {
    const refused = await ask(credential);
    t.match(
      { status: refused.status, code: refused.body.code },
      { status: 429, code: 'rate_limited' },
    );
    t.match(limitHeaders(refused), { 'ratelimit-policy': '"refused";q=20;w=60' });
  }
  t.same(await statusesOf(3, () => ask(token)), [200, 200, 200], 'but not one that is valid');
});

t.test('a path that is not there counts for the address', async (t) => {
  const { api, from } = await startBehindProxy(t, 20);
  const { token } = await signUp(api);
  const scan = (credential?: string) => from('203.0.113.9', 'GET', '/../.env', credential);
  const found = await scan();
  t.equal(found.status, 404);
  t.equal(limitHeaders(found).ratelimit, '"refused";r=19;t=61');
  t.same(await statusesOf(18, scan), Array(18).fill(404));
  t.equal((await from('203.0.113.9', 'POST', '//nothing', undefined, {})).status, 404);
  t.same(await statusesOf(2, () => scan(token)), [429, 429], 'whatever credential comes with it');
  t.equal((await from('203.0.113.9', 'GET', '/tenant', token)).status, 200);
});

t.test('log-ins, registrations and mails have windows of their own', async (t) => {
  const { from } = await startBehindProxy(t, 20);
  const address = '203.0.113.9';
  const email = 'ada@example.com';
  const body = { email, password };
  const logIn = () => from(address, 'POST', '/auth/login', undefined, body);
  const first = await logIn();
  t.equal(first.status, 401);
  t.match(limitHeaders(first), {
    ratelimit: '"login";r=1;t=61',
    'ratelimit-policy': '"login";q=2;w=60',
  });
  t.same(await statusesOf(2, logIn), [401, 429]);
  t.equal((await logIn()).body.code, 'rate_limited');
  const verify = () => from(address, 'POST', '/auth/email/verify', undefined, { token: 'x' });
  t.same(await statusesOf(1, verify), [429], 'with what else is tried');
  const forgot = () => from(address, 'POST', '/auth/password/forgot', undefined, { email });
  t.same(await statusesOf(3, forgot), [202, 202, 429]);
  const register = () => from(address, 'POST', '/auth/register', undefined, {});
  t.same(await statusesOf(3, register), [400, 400, 429]);
  t.equal((await from(address, 'GET', '/tenant')).headers.get('ratelimit'), '"refused";r=19;t=61');
});
