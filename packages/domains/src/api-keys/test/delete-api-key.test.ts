import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { within } from '../../auth/test/within.ts';
import { addUser } from '../../users/test/add-user.ts';
import { createKey } from './create-key.ts';

t.test('DELETE /api-keys/:id', async (t) => {
  const api = await startApi(t);
  const second = await startApi(t, { beside: api });
  const account = await signUp(api);
  const { token } = account;
  const remove = (id: string, credential?: string) =>
    api.request('DELETE', `/api-keys/${id}`, { token: credential });
  const use = async (server: typeof api, key: string) =>
    (await server.request('GET', '/users', { token: key })).status;

  await t.test('204: the key is refused at once here, within a second there', async (t) => {
    const { id, key } = await createKey(api, token, ['users:read']);
    for (const server of [api, second]) t.equal(await use(server, key), 200);
    const { status, body } = await remove(id, token);
    t.equal(status, 204);
    t.equal(body, undefined);
    t.equal(await use(api, key), 401);
    t.ok(await within(1_000, async () => (await use(second, key)) === 401));
  });

  await t.test('204: other keys go on, and the audit tells', async (t) => {
    const [gone, other] = [
      await createKey(api, token, ['users:read']),
      await createKey(api, token, ['users:read']),
    ];
    t.equal((await remove(gone.id, token)).status, 204);
    t.equal(await use(api, other.key), 200);
    const { key: _, ...before } = gone;
    const path = `/audit-logs?resourceId=${gone.id}&action=api_key.deleted`;
    const trail = await api.request('GET', path, { token });
    t.match(trail.body.data, [{ actorId: account.user.id, before, after: null }]);
  });

  await t.test('204: a key may delete itself', async (t) => {
    const { id, key } = await createKey(api, token, ['api-keys:delete']);
    t.equal((await remove(id, key)).status, 204);
    t.equal((await remove(id, key)).status, 401);
  });

  await t.test('404: the second time', async (t) => {
    const { id } = await createKey(api, token, ['users:read']);
    t.equal((await remove(id, token)).status, 204);
    t.equal((await remove(id, token)).body.code, 'not_found');
  });

  await t.test('400: what is no id', async (t) => {
    t.equal((await remove('x', token)).body.code, 'validation_failed');
  });

  await t.test('403: without api-keys:delete, and 401 without a credential', async (t) => {
    const { id } = await createKey(api, token, ['users:read']);
    const writer = await addUser(api, account, ['api-keys:write', '*:read']);
    t.equal((await remove(id, writer.token)).body.code, 'forbidden');
    t.equal((await remove(id)).body.code, 'unauthenticated');
  });
});
