import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';

t.test('GET /audit-logs', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api, 'A');
  const user = await addUser(api, account, ['roles:write']);
  const get = (query = '', token: string | undefined = account.token) =>
    api.request('GET', `/audit-logs${query}`, { token });
  const { body: role } = await api.request('POST', '/roles', {
    token: user.token,
    body: { name: 'By user', permissions: [] },
    headers: { 'user-agent': 'tester/1', 'x-request-id': 'request-7' },
  });
  const actionsOf = (body: { data: { action: string }[] }) => body.data.map(({ action }) => action);
  const everything = [
    'role.created',
    'session.created',
    'user.created',
    'role.created',
    'tenant.registered',
  ];

  await t.test('200: each change of the tenant, the newest first', async (t) => {
    const { status, body } = await get();
    t.equal(status, 200);
    t.same(actionsOf(body), everything);
    t.match(body.data[0], {
      actorType: 'user',
      actorId: user.id,
      resourceType: 'role',
      resourceId: role.id,
      before: null,
      after: role,
      ip: '127.0.0.1',
      userAgent: 'tester/1',
      requestId: 'request-7',
    });
    t.notOk('tenantId' in body.data[0]);
  });

  await t.test('200: nothing of another tenant', async (t) => {
    const stranger = await signUp(api, 'B');
    t.same(actionsOf((await get('', stranger.token)).body), ['tenant.registered']);
    t.same((await get(`?actorId=${user.id}`, stranger.token)).body.data, []);
  });

  await t.test('200: filters by actor, action, resource and time, all at once', async (t) => {
    const countOf = async (query: string) => (await get(query)).body.data.length;
    t.equal(await countOf(`?actorId=${user.id}`), 2);
    t.equal(await countOf('?action=role.created'), 2);
    t.equal(await countOf('?resourceType=role'), 2);
    t.equal(await countOf(`?resourceType=role&resourceId=${role.id}`), 1);
    t.equal(await countOf(`?action=role.created&actorId=${account.user.id}`), 1);
    const { body } = await get();
    const middle = encodeURIComponent(body.data[2].createdAt);
    t.equal(await countOf(`?from=${middle}`), 3);
    t.equal(await countOf(`?to=${middle}`), 2);
    t.equal(await countOf(`?from=${middle}&to=${middle}`), 0);
  });

  await t.test('200: pages meet without a gap', async (t) => {
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 5; page++) {
      const { body } = await get(`?limit=2${cursor}`);
      seen.push(...actionsOf(body));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    t.same(seen, everything);
  });

  await t.test('400: a query that is not valid', async (t) => {
    const bad = ['?actorId=me', '?from=yesterday', '?to=2026-01-01', '?actor=x'];
    const odd = ['?from=2016-12-31T23:59:60Z', '?to=0000-01-01T00:00:00Z'];
    const beyond = ['?from=9999-12-31T23:59:59-23:59', '?to=9999-12-31T23:59:59-23:59'];
    for (const query of [...bad, ...odd, ...beyond, '?from=2026-01-01T00:00:00%2B01']) {
      t.equal((await get(query)).body.code, 'validation_failed', query);
    }
    t.equal((await get('?from=9999-12-31T23:59:59Z')).status, 200, 'the last moment that is one');
    t.equal((await get('?cursor=x')).body.code, 'invalid_cursor');
  });

  await t.test('403: without audit:read', async (t) => {
    t.equal((await get('', user.token)).body.code, 'forbidden');
  });

  await t.test('401: without a token', async (t) => {
    t.equal((await get('', '')).status, 401);
  });
});
