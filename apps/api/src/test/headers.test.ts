import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';

const security = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

t.test('every answer carries the security headers', async (t) => {
  const api = await startApi(t);
  const { token } = await signUp(api);
  for (const [method, path, status] of [
    ['GET', '/tenant', 200],
    ['GET', '/users/1', 400],
    ['POST', '/auth/login', 400],
    ['GET', '/nothing', 404],
  ] as const) {
    const { status: found, headers } = await api.request(method, path, { token });
    t.equal(found, status);
    t.match(Object.fromEntries(headers), security, `${status}`);
  }
  const { status, headers } = await api.request('GET', '/tenant');
  t.equal(status, 401);
  t.match(Object.fromEntries(headers), security, 'also when nobody is logged in');
  t.equal(headers.get('www-authenticate'), 'Bearer realm="trellis"', 'and it says what to send');
});

t.test('the id of a request is taken over, within bounds', async (t) => {
  const api = await startApi(t);
  const { token } = await signUp(api);
  const call = (id: string, authorized = true) =>
    api.request('GET', '/users/1', {
      token: authorized ? token : undefined,
      headers: { 'x-request-id': id },
    });

  for (const authorized of [true, false]) {
    const { headers, body } = await call('order-17:a.b_c', authorized);
    t.equal(headers.get('x-request-id'), 'order-17:a.b_c');
    t.equal(body.requestId, 'order-17:a.b_c');
  }
  for (const id of ['a'.repeat(129), 'a b', '<script>', '"', 'ä']) {
    const { headers, body } = await call(id);
    t.match(headers.get('x-request-id'), /^[0-9a-f-]{36}$/, 'else it gets one of its own');
    t.equal(body.requestId, headers.get('x-request-id'));
  }
});

t.test('browsers may call from the listed origins only', async (t) => {
  const origin = 'https://app.example.com';
  const api = await startApi(t, { env: { CORS_ORIGINS: `${origin},https://other.example.com` } });
  const closed = await startApi(t);
  const preflight = (from: string) =>
    api.request('OPTIONS', '/webhooks', {
      headers: {
        origin: from,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
  const allowed = (headers: Headers) => headers.get('access-control-allow-origin');

  const listed = await preflight(origin);
  t.equal(listed.status, 204);
  t.equal(allowed(listed.headers), origin);
  t.match(listed.headers.get('access-control-allow-methods'), /PATCH/);
  t.match(listed.headers.get('access-control-allow-headers'), /authorization/);
  for (const from of ['https://evil.example', `${origin}.evil.example`, 'http://app.example.com']) {
    t.equal(allowed((await preflight(from)).headers), null, from);
  }
  const refused = await api.request('GET', '/webhooks', { headers: { origin } });
  t.equal(refused.status, 401);
  t.equal(allowed(refused.headers), origin, 'a page may read why it was refused');
  t.match(refused.headers.get('access-control-expose-headers'), /x-request-id/);
  const method = { 'access-control-request-method': 'POST' };
  for (const headers of [{}, { origin }, method] as Record<string, string>[]) {
    const plain = await api.request('OPTIONS', '/webhooks', { headers });
    t.equal(plain.status, 204, 'an OPTIONS that is no preflight is answered too');
    t.match(Object.fromEntries(plain.headers), security);
  }
  const { headers } = await closed.request('GET', '/plans', { headers: { origin } });
  t.equal(allowed(headers), null, 'none are listed by default');
});
