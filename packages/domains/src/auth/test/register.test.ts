import { startApi } from '@trellis/test/api';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';

t.test('POST /auth/register', async (t) => {
  const api = await startApi(t);
  const body = {
    tenantName: 'Acme',
    name: 'Ada',
    email: 'ada@example.com',
    password,
  };

  await t.test('201: makes a tenant with its owner, and the token works', async (t) => {
    const { status, body: reply, headers } = await api.request('POST', '/auth/register', { body });
    t.equal(status, 201);
    t.equal(headers.get('location'), '/api/v1/tenant');
    t.equal(reply.tenant.slug, 'acme');
    const me = await api.request('GET', '/auth/me', { token: reply.accessToken });
    t.equal(me.status, 200);
    t.same(me.body.permissions, ['*', 'tenant:own']);
  });

  await t.test('201: a second tenant of the same name gets a slug of its own', async (t) => {
    const { tenant } = await signUp(api, 'Acme');
    t.match(tenant.slug, /^acme-[0-9a-f]{6}$/);
  });

  await t.test('409: the address is taken, whatever its case', async (t) => {
    const taken = { ...body, email: 'ADA@example.com' };
    const { status, body: problem } = await api.request('POST', '/auth/register', { body: taken });
    t.equal(status, 409);
    t.equal(problem.code, 'email_taken');
  });

  await t.test('400: names each property that is missing, wrong or unknown', async (t) => {
    const { status, body: problem } = await api.request('POST', '/auth/register', {
      body: { tenantName: ' ', name: 'Ada', email: 'nobody', admin: true },
    });
    t.equal(status, 400);
    t.equal(problem.code, 'validation_failed');
    t.same(problem.errors.map((error: { path: string }) => error.path).sort(), [
      'body/admin',
      'body/email',
      'body/password',
      'body/tenantName',
    ]);
  });
});
