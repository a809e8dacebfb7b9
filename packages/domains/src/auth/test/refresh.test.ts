import { startApi } from '@trellis/test/api';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { within } from './within.ts';

t.test('POST /auth/refresh', async (t) => {
  const api = await startApi(t);
  const second = await startApi(t, { beside: api });
  const refresh = (refreshToken: unknown, server = api) =>
    server.request('POST', '/auth/refresh', { body: { refreshToken } });
  const statusOf = async (token: string, server = api) =>
    (await server.request('GET', '/auth/me', { token })).status;
  const asSystem = api.app.platform.db.asSystem;
  const sessionOf = (refreshToken: string) => refreshToken.split('.')[0] ?? '';

  await t.test('200: gives new tokens for the same person and tenant', async (t) => {
    const account = await signUp(api);
    const { status, body } = await refresh(account.refreshToken);
    t.equal(status, 200);
    t.match(body, { user: account.user, tenant: account.tenant, expiresIn: 900 });
    t.not(body.refreshToken, account.refreshToken);
    t.equal(await statusOf(body.accessToken), 200);
    t.equal((await refresh(body.refreshToken)).status, 200);
  });

  await t.test('200: ten at once with one token leave one live family', async (t) => {
    const { user, refreshToken } = await signUp(api);
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) => refresh(refreshToken, index % 2 ? api : second)),
    );
    t.same(
      replies.map(({ status }) => status),
      Array.from({ length: 10 }, () => 200),
    );
    const given = new Set(replies.map(({ body }) => body.refreshToken));
    t.equal(given.size, 1, 'all ten hold the same next token');
    for (const { body } of replies) t.equal(await statusOf(body.accessToken), 200);
    const sessions = await asSystem(
      (tx) => tx.sql`select generation from sessions
        where user_id = ${user.id} and revoked_at is null`,
    );
    t.same([...sessions], [{ generation: 1 }]);
    t.equal((await refresh([...given][0])).status, 200, 'and it goes on');
  });

  await t.test('401: a token two steps behind ends the session in every process', async (t) => {
    const { refreshToken: first, token } = await signUp(api);
    const { body: next } = await refresh(first);
    const { body: newest } = await refresh(next.refreshToken);
    for (const server of [api, second]) t.equal(await statusOf(newest.accessToken, server), 200);
    const { status, body } = await refresh(first);
    t.equal(status, 401);
    t.equal(body.code, 'refresh_token_reused');
    t.equal(await statusOf(newest.accessToken), 401, 'here at once');
    t.equal(await statusOf(token), 401);
    t.ok(await within(1_000, async () => (await statusOf(newest.accessToken, second)) === 401));
    t.equal((await refresh(newest.refreshToken)).body.code, 'refresh_token_invalid');
  });

  await t.test('401: a reused token leaves a trace in the audit and in the log', async (t) => {
    const { refreshToken, user, tenant } = await signUp(api);
    const { body: next } = await refresh(refreshToken);
    await refresh(next.refreshToken);
    const warnings = t.capture(api.app.platform.log, 'warn');
    const reused = await api.request('POST', '/auth/refresh', {
      body: { refreshToken },
      headers: { 'user-agent': 'thief/1', 'x-request-id': 'theft-1' },
    });
    t.equal(reused.body.code, 'refresh_token_reused');
    const where = { ip: '127.0.0.1', userAgent: 'thief/1', requestId: 'theft-1' };
    const sessionId = sessionOf(refreshToken);
    const login = { email: user.email, password };
    const { body: again } = await api.request('POST', '/auth/login', { body: login });
    const trail = await api.request('GET', '/audit-logs?action=session.ended', {
      token: again.accessToken,
    });
    t.match(trail.body.data, [
      {
        ...where,
        actorType: 'system',
        actorId: null,
        resourceType: 'session',
        resourceId: sessionId,
        after: { reason: 'refresh_token_reused', userId: user.id },
      },
    ]);
    t.equal((await refresh(refreshToken)).body.code, 'refresh_token_invalid');
    const [[details] = [], ...more] = warnings.args();
    t.match(details, { ...where, sessionId, tenantId: tenant.id, userId: user.id });
    t.same(more, [], 'once, whatever comes after');
  });

  await t.test('401: a token one step behind, once the grace is over', async (t) => {
    const { refreshToken: first } = await signUp(api);
    const { body: next } = await refresh(first);
    t.equal((await refresh(first)).body.refreshToken, next.refreshToken, 'within it');
    await asSystem(
      (tx) => tx.sql`update sessions set rotated_at = rotated_at - interval '1 minute'
        where id = ${sessionOf(first)}`,
    );
    t.equal((await refresh(first)).body.code, 'refresh_token_reused');
    t.equal(await statusOf(next.accessToken), 401);
  });

  await t.test('401: a token that was never given out leaves the session alone', async (t) => {
    const { refreshToken, token } = await signUp(api);
    const [id, generation, ...mac] = refreshToken.split('.');
    const forged = [
      'token',
      `${id}.${generation}.`,
      `${id}.1.${mac.join('.')}`,
      `0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10.0.${mac.join('.')}`,
      `${refreshToken.slice(0, -4)}AAAA`,
      token,
    ];
    for (const text of forged) {
      const { status, body } = await refresh(text);
      t.equal(status, 401);
      t.equal(body.code, 'refresh_token_invalid');
    }
    t.equal((await refresh(refreshToken)).status, 200);
  });

  await t.test('401: a session that has expired', async (t) => {
    const { refreshToken } = await signUp(api);
    await asSystem(
      (tx) => tx.sql`update sessions set expires_at = now() where id = ${sessionOf(refreshToken)}`,
    );
    t.equal((await refresh(refreshToken)).body.code, 'refresh_token_invalid');
  });

  await t.test('401: a tenant that lets the person in no longer', async (t) => {
    const { refreshToken, tenant } = await signUp(api);
    await asSystem(
      (tx) => tx.sql`update memberships set disabled_at = now() where tenant_id = ${tenant.id}`,
    );
    t.equal((await refresh(refreshToken)).body.code, 'refresh_token_invalid');
  });

  await t.test('403: a suspended tenant', async (t) => {
    const { refreshToken, tenant } = await signUp(api);
    await asSystem((tx) => tx.sql`update tenants set status = 'suspended' where id = ${tenant.id}`);
    const { status, body } = await refresh(refreshToken);
    t.equal(status, 403);
    t.equal(body.code, 'tenant_suspended');
  });

  await t.test('400: a body that is not valid', async (t) => {
    for (const value of [undefined, '', 7, 'x'.repeat(513)]) {
      t.equal((await refresh(value)).body.code, 'validation_failed');
    }
  });
});
