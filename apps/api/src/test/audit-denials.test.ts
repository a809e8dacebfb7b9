import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { apiSettingsOf } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import postgres from 'postgres';
import t from 'tap';
import { addUser } from '../../../../packages/domains/src/users/test/add-user.ts';
import { buildApp } from '../app.ts';

t.test('each refusal of what a known caller may not do is audited', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const user = await addUser(api, account, ['roles:write', 'webhooks:read']);
  const denials = async () => {
    const { body } = await api.request('GET', '/audit-logs?action=access.denied&limit=100', {
      token: account.token,
    });
    return body.data;
  };

  await t.test('a permission that is missing, with who asked for what from where', async (t) => {
    const { status } = await api.request('GET', `/users/${user.id}`, {
      token: user.token,
      headers: { 'user-agent': 'tester/1', 'x-request-id': 'request-7' },
    });
    t.equal(status, 403);
    const [entry, ...others] = await denials();
    t.same(others, []);
    t.match(entry, {
      action: 'access.denied',
      actorType: 'user',
      actorId: user.id,
      resourceType: 'route',
      resourceId: 'GET /api/v1/users/:id',
      before: null,
      ip: '127.0.0.1',
      userAgent: 'tester/1',
      requestId: 'request-7',
    });
    t.equal(entry.after.code, 'forbidden');
    t.match(entry.after.detail, 'users:read');
  });

  await t.test('a grant of more than one holds, which changes nothing else', async (t) => {
    const body = { name: 'More', permissions: ['users:delete'] };
    const { status } = await api.request('POST', '/roles', { token: user.token, body });
    t.equal(status, 403);
    const [entry] = await denials();
    t.equal(entry.resourceId, 'POST /api/v1/roles');
    t.match(entry.after, { code: 'permission_escalation' });
    t.notOk(JSON.stringify(entry).includes('More'), 'without the body');
  });

  await t.test('a limit of the plan', async (t) => {
    const body = { url: 'http://127.0.0.1:9/', events: ['*'] };
    const add = () => api.request('POST', '/webhooks', { token: account.token, body });
    const refused = await eventually(async () => {
      const reply = await add();
      return reply.status !== 201 && reply;
    });
    t.equal(refused.status, 403);
    const [entry] = await denials();
    t.equal(entry.resourceId, 'POST /api/v1/webhooks');
    t.match(entry.after, { code: 'plan_limit_reached' });
  });

  await t.test('every one of them, and in the chain', async (t) => {
    const before = (await denials()).length;
    const tries = Array.from({ length: 20 }, () =>
      api.request('GET', '/audit-logs', { token: user.token }),
    );
    for (const { status } of await Promise.all(tries)) t.equal(status, 403);
    t.equal((await denials()).length, before + 20);
    const { body } = await api.request('GET', '/audit-logs/verify', { token: account.token });
    t.match(body, { valid: true, problem: null });
  });

  await t.test('and nothing else: neither who is not known nor what is not there', async (t) => {
    const before = (await denials()).length;
    t.equal((await api.request('GET', '/users')).status, 401);
    t.equal((await api.request('GET', '/users', { token: 'x' })).status, 401);
    const { token } = account;
    t.equal((await api.request('GET', `/users/${account.tenant.id}`, { token })).status, 404);
    t.equal((await api.request('POST', '/roles', { token, body: {} })).status, 400);
    t.equal((await denials()).length, before);
  });
});

t.test('a tenant that is suspended has an entry of each caller whom it keeps out', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { body: key } = await api.request('POST', '/api-keys', {
    token: account.token,
    body: { name: 'Key', permissions: ['roles:read'] },
  });
  const owner = postgres(api.database.ownerUrl, { max: 1, onnotice: () => {} });
  t.teardown(() => owner.end());
  await owner`alter table tenants no force row level security`;
  await owner`alter table audit_logs no force row level security`;
  await owner`update tenants set status = 'suspended' where id = ${account.tenant.id}`;
  // Nobody has asked with them since, or what was known is announced to be old.
  await owner.notify(
    'trellis_changes',
    JSON.stringify({ topic: 'auth.access-changed', key: account.tenant.id }),
  );
  const calls = {
    token: () => api.request('GET', '/roles', { token: account.token }),
    key: () => api.request('GET', '/roles', { token: key.key }),
    switch: () =>
      api.request('POST', '/auth/switch', {
        token: account.token,
        body: { tenantId: account.tenant.id },
      }),
  };
  for (const [what, call] of Object.entries(calls)) {
    const refused = await eventually(async () => {
      const reply = await call();
      return reply.status === 403 && reply;
    });
    t.equal(refused.body.code, 'tenant_suspended', what);
  }
  const entries = await owner`
    select actor_type, actor_id, resource_id, after ->> 'code' as code, ip from audit_logs
    where tenant_id = ${account.tenant.id} and action = 'access.denied' order by seq`;
  const person = { actor_type: 'user', actor_id: account.user.id };
  const common = { code: 'tenant_suspended', ip: '127.0.0.1' };
  t.same(
    [...entries],
    [
      { ...person, resource_id: 'GET /api/v1/roles', ...common },
      { actor_type: 'api_key', actor_id: key.id, resource_id: 'GET /api/v1/roles', ...common },
      { ...person, resource_id: 'POST /api/v1/auth/switch', ...common },
    ],
  );
});

t.test('a flood of refusals of one caller ends as one entry with their number', async (t) => {
  const api = await startApi(t);
  const other = await startApi(t, { beside: api });
  const account = await signUp(api);
  const user = await addUser(api, account, ['roles:read']);
  const calls = Array.from({ length: 65 }, () =>
    other.request('GET', '/users', { token: user.token }),
  );
  for (const { status } of await Promise.all(calls)) t.equal(status, 403);
  await other.app.close();
  const { body } = await api.request('GET', '/audit-logs?action=access.denied&limit=100', {
    token: account.token,
  });
  t.match(body.data[0], { actorId: user.id, resourceId: null, ip: '127.0.0.1' });
  const suppressed = body.data.map(
    ({ after }: { after: { suppressed?: number } }) => after.suppressed ?? 0,
  );
  // One more minute may have begun in between.
  const total = suppressed.reduce((sum: number, count: number) => sum + (count || 1), 0);
  t.equal(total, 65);
});

t.test('a refusal does not wait for who holds the end of the trail', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const user = await addUser(api, account, ['roles:read']);
  const owner = postgres(api.database.ownerUrl, { max: 1, onnotice: () => {} });
  t.teardown(() => owner.end());
  await owner`alter table audit_heads no force row level security`;
  const refused = () => api.request('GET', '/users', { token: user.token });
  await owner.begin(async (sql) => {
    await sql`select from audit_heads where tenant_id = ${account.tenant.id} for update`;
    t.equal((await refused()).status, 403, 'while it is held');
  });
  t.equal((await refused()).status, 403);
  const { body } = await api.request('GET', '/audit-logs?action=access.denied', {
    token: account.token,
  });
  t.equal(body.data.length, 1, 'what could be written is there');
});

t.test('a refusal that cannot be audited is still one, and is in the log', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const user = await addUser(api, account, ['roles:read']);
  const lines: string[] = [];
  const stream = { write: (line: string) => lines.push(line) };
  const app = await buildApp(apiSettingsOf(api.env), { logger: { level: 'error', stream } });
  t.teardown(() => app.close());
  const owner = postgres(api.database.ownerUrl, { max: 1, onnotice: () => {} });
  t.teardown(() => owner.end());
  await owner`revoke insert on audit_logs from trellis_app`;
  const { statusCode, body } = await app.inject({
    url: '/api/v1/users',
    headers: { authorization: `Bearer ${user.token}` },
  });
  t.equal(statusCode, 403);
  t.equal(JSON.parse(body).code, 'forbidden');
  t.ok(lines.some((line) => line.includes('A refusal could not be audited.')));
});
