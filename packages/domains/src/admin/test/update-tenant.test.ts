import { randomUUID } from 'node:crypto';
import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { createKey } from '../../api-keys/test/create-key.ts';
import { isForAdministrators, startPlatform, trailOf } from './administrate.ts';

t.test('PATCH /admin/tenants/:id', async (t) => {
  const platform = await startPlatform(t);
  const { api, admin, account, call } = platform;
  const beside = await startApi(t, { beside: api });
  const { id } = account.tenant;
  const patch = (status: unknown, headers = {}, tenantId = id) =>
    call('PATCH', `/admin/tenants/${tenantId}`, { status }, headers);

  await t.test('200: a suspended tenant is refused everywhere, and taken again', async (t) => {
    const neighbour = await signUp(api, 'Neighbour');
    const { key } = await createKey(api, account.token, ['users:read']);
    const credentials = [account.token, key];
    const answers = async () => {
      const replies = await Promise.all(
        [api, beside].flatMap(({ request }) =>
          credentials.map((token) => request('GET', '/users', { token })),
        ),
      );
      return replies.map(({ status, body }) => body.code ?? status);
    };
    const all = (answer: unknown) => Array.from({ length: 4 }, () => answer);
    t.same(await answers(), all(200));

    const { status, body } = await patch('suspended');
    t.equal(status, 200);
    t.match(body, { id, status: 'suspended' });
    t.same((await answers()).slice(0, 2), ['tenant_suspended', 'tenant_suspended'], 'at once');
    await eventually(async () => t.same(await answers(), all('tenant_suspended')));
    const login = { email: account.user.email, password };
    t.equal((await api.request('POST', '/auth/login', { body: login })).status, 403);
    t.equal((await api.request('GET', '/users', neighbour)).status, 200);

    t.match((await patch('active')).body, { id, status: 'active' });
    t.same((await answers()).slice(0, 2), [200, 200]);
    await eventually(async () => (await answers()).every((answer) => answer === 200));
  });

  await t.test('both trails tell it: that of the tenant nothing of who it was', async (t) => {
    const [own] = await trailOf(api, admin, 'tenant.status_changed');
    t.match(own, { actorType: 'user', actorId: admin.user.id, resourceId: id });
    t.match(own.before, { status: 'suspended' });
    t.match(own.after, { status: 'active' });
    t.ok(own.ip);
    const told = await trailOf(api, account, 'tenant.status_changed');
    t.equal(told.length, 2);
    t.match(told[0], {
      actorType: 'system',
      actorId: null,
      ip: null,
      userAgent: null,
      resourceId: id,
      before: own.before,
      after: own.after,
    });
    t.notMatch(JSON.stringify(told), admin.user.id);
    const { body } = await api.request('GET', '/audit-logs/verify', account);
    t.match(body, { valid: true });
  });

  await t.test('200: the same status again is told to nobody', async (t) => {
    const told = await trailOf(api, account, 'tenant.status_changed');
    const { headers, body } = await call('GET', `/admin/tenants/${id}`);
    const again = await patch('active');
    t.match(again, { status: 200, body: { updatedAt: body.updatedAt } }, 'and is no new version');
    t.equal(again.headers.get('etag'), headers.get('etag'));
    t.same(await trailOf(api, account, 'tenant.status_changed'), told);
    t.match((await trailOf(api, admin, 'tenant.status_changed'))[0], {
      before: { status: 'active' },
      after: { status: 'active' },
    });
  });

  await t.test(
    'the trail of the tenant has another request id than the caller chose',
    async (t) => {
      const named = { 'x-request-id': 'ada-of-the-platform' };
      t.equal((await patch('suspended', named)).status, 200);
      t.equal((await patch('active', named)).status, 200);
      const [own] = await trailOf(api, admin, 'tenant.status_changed');
      t.equal(own.requestId, 'ada-of-the-platform');
      const told = await trailOf(api, account, 'tenant.status_changed');
      t.match(told[0].requestId, /^[0-9a-f-]{36}$/);
      t.notMatch(JSON.stringify(told), 'ada-of');
    },
  );

  await t.test('the trails name the tenant as it is written, however it was typed', async (t) => {
    const typed = id.toUpperCase();
    t.equal((await patch('suspended', {}, typed)).status, 200);
    t.equal((await patch('active', {}, typed)).status, 200);
    for (const who of [admin, account]) {
      t.equal((await trailOf(api, who, 'tenant.status_changed'))[0].resourceId, id);
    }
    t.equal((await call('GET', `/admin/tenants/${typed}`)).status, 200);
    t.equal((await trailOf(api, admin, 'tenant.read'))[0].resourceId, id);
  });

  await t.test('409: the tenant of the platform', async (t) => {
    const { status, body } = await patch('suspended', {}, admin.tenant.id);
    t.equal(status, 409);
    t.equal(body.code, 'platform_tenant');
    t.equal((await call('GET', '/admin/tenants')).status, 200);
    t.equal((await patch('active', {}, admin.tenant.id)).status, 200, 'it is that already');
  });

  await t.test('412: an If-Match of an older version', async (t) => {
    const { headers } = await call('GET', `/admin/tenants/${id}`);
    const first = { 'if-match': headers.get('etag') ?? '' };
    t.equal((await patch('suspended', first)).status, 200);
    const refused = await patch('active', first);
    t.equal(refused.status, 412);
    t.equal(refused.body.code, 'precondition_failed');
    t.equal((await patch('active')).status, 200);
  });

  await t.test('404: there is no such tenant', async (t) => {
    t.equal((await patch('active', {}, randomUUID())).body.code, 'not_found');
  });

  await t.test('400: another status, no id', async (t) => {
    t.equal((await patch('closed')).body.code, 'validation_failed');
    t.equal((await patch(undefined)).body.code, 'validation_failed');
    t.equal((await patch('active', {}, '1')).body.code, 'validation_failed');
  });

  await t.test('401, 403: for administrators alone', (t) =>
    isForAdministrators(t, platform, 'PATCH', `/admin/tenants/${id}`, { status: 'active' }),
  );
});
