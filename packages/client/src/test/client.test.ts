import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { createTrellisClient } from '../client.ts';

t.test('the client calls the API with the types of its routes', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const trellis = createTrellisClient({ baseUrl: api.url, credential: () => account.token });

  const made = await trellis.POST('/api/v1/roles', {
    body: { name: 'Support', permissions: ['users:read'] },
  });
  t.equal(made.response.status, 201);
  const id = made.data?.id ?? '';
  const found = await trellis.GET('/api/v1/roles/{id}', { params: { path: { id } } });
  t.same(found.data?.permissions, ['users:read']);
  const page = await trellis.GET('/api/v1/roles', { params: { query: { limit: 1 } } });
  t.equal(page.data?.data.length, 1);

  await t.test('what the API refuses is an error with a code', async (t) => {
    const { error, data, response } = await trellis.POST('/api/v1/roles', {
      body: { name: 'Wrong', permissions: ['no:such'] },
    });
    t.equal(response.status, 422);
    t.equal(data, undefined);
    t.equal(error?.code, 'unknown_permission');
  });

  await t.test('without a credential it sends none', async (t) => {
    const stranger = createTrellisClient({ baseUrl: api.url });
    const { response } = await stranger.GET('/api/v1/roles');
    t.equal(response.status, 401);
  });
});
