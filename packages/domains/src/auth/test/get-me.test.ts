import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';
import { keyOf } from './key-of.ts';

t.test('GET /auth/me', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const me = (token?: string) => api.request('GET', '/auth/me', { token });

  await t.test('200: the person, the tenant and the permissions, and no more', async (t) => {
    const { status, body } = await me(account.token);
    t.equal(status, 200);
    t.same(body, {
      user: { ...account.user, emailVerified: false, mfaEnabled: false },
      tenant: account.tenant,
      permissions: ['*', 'tenant:own'],
    });
  });

  await t.test('200: whatever the roles, also none at all', async (t) => {
    const { token, id } = await addUser(api, account, ['users:read', 'audit:read']);
    t.same((await me(token)).body.permissions, ['audit:read', 'users:read']);
    await api.request('PUT', `/users/${id}/roles`, { token: account.token, body: { roleIds: [] } });
    t.same((await me(token)).body.permissions, []);
  });

  await t.test('401: no token, another scheme, and a token that was altered', async (t) => {
    const [header, , signature] = account.token.split('.');
    const { tid, ...claims } = JSON.parse(
      Buffer.from(account.token.split('.')[1] ?? '', 'base64url').toString(),
    );
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const other = encode({ ...claims, tid: '0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10' });
    const unsigned = `${encode({ alg: 'none', typ: 'JWT' })}.${encode({ ...claims, tid })}.`;
    for (const token of ['', 'token', `${header}.${other}.${signature}`, unsigned]) {
      const { status, body } = await me(token);
      t.equal(status, 401);
      t.equal(body.code, 'unauthenticated');
    }
    const headers = { authorization: `Basic ${account.token}` };
    t.equal((await api.request('GET', '/auth/me', { headers })).status, 401);
  });

  await t.test('401: an access token that has expired', async (t) => {
    const [, payload = ''] = account.token.split('.');
    const { sub, tid, sid } = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const { platform, signAccessToken } = api.app;
    const expired = await platform.db.asSystem((tx) => signAccessToken(tx, { sub, tid, sid }, -1));
    t.equal((await me(expired)).body.code, 'unauthenticated');
  });

  await t.test('403: a key, which is nobody', async (t) => {
    const { status, body } = await me(await keyOf(api, account));
    t.equal(status, 403);
    t.equal(body.code, 'session_required');
  });
});
