import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';

t.test('GET /tenant', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api, 'Acme');
  const get = (token?: string) => api.request('GET', '/tenant', { token });

  await t.test('200: the tenant of the token, for any member, with its ETag', async (t) => {
    const { token } = await addUser(api, account, []);
    const { status, body, headers } = await get(token);
    t.equal(status, 200);
    t.same(Object.keys(body), ['id', 'name', 'slug', 'status', 'planType', 'createdAt']);
    t.match(body, { ...account.tenant, status: 'active', planType: 'free' });
    t.match(headers.get('etag'), /^"\w+"$/);
  });

  await t.test('200: each token shows its own tenant', async (t) => {
    const stranger = await signUp(api, 'Other');
    t.equal((await get(stranger.token)).body.id, stranger.tenant.id);
    t.equal((await get(account.token)).body.id, account.tenant.id);
  });

  await t.test('401: without a token', async (t) => {
    t.equal((await get()).body.code, 'unauthenticated');
  });

  await t.test('403: a suspended tenant', async (t) => {
    const other = await signUp(api, 'Late');
    await api.app.platform.db.asSystem(
      (tx) => tx.sql`update tenants set status = 'suspended' where id = ${other.tenant.id}`,
    );
    const { status, body } = await get(other.token);
    t.equal(status, 403);
    t.equal(body.code, 'tenant_suspended');
  });
});
