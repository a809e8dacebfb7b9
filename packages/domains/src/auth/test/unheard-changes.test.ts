import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';

t.test('a process that hears of no changes still refuses what was revoked, in time', async (t) => {
  const api = await startApi(t);
  const deaf = await startApi(t, { beside: api });
  const { token } = await signUp(api);
  const made = await api.request('POST', '/api-keys', {
    token,
    body: { name: 'Key', permissions: ['users:read'] },
  });
  const { id, key } = made.body;
  await deaf.app.platform.changes.close();
  const statusOf = async (credential: string) =>
    (await deaf.request('GET', '/users', { token: credential })).status;
  t.same([await statusOf(key), await statusOf(token)], [200, 200]);

  const startedMs = performance.now();
  t.equal((await api.request('DELETE', `/api-keys/${id}`, { token })).status, 204);
  await eventually(async () => (await statusOf(key)) === 401);
  t.equal((await api.request('POST', '/auth/logout', { token })).status, 204);
  await eventually(async () => (await statusOf(token)) === 401);
  const elapsedMs = performance.now() - startedMs;
  t.ok(elapsedMs < 20_000, `${Math.round(elapsedMs)} ms, where 30 s would be too late`);
});
