import { startApi } from '@trellis/test/api';
import { workerSettingsOf } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { removeExpiredKeys } from '../jobs.ts';
import createWorker from '../worker.ts';
import { createKey } from './create-key.ts';

t.test('the clean-up removes keys that expired more than 30 days ago, and no others', async (t) => {
  const api = await startApi(t);
  const { token } = await signUp(api);
  const { platform } = api.app;
  const ages = { old: '30 days 1 minute', recent: '29 days', ahead: '-1 day' };
  for (const [name, age] of Object.entries(ages)) {
    const { id } = await createKey(api, token, ['users:read'], { name });
    await platform.db.asSystem(
      (tx) => tx.sql`update api_keys set expires_at = now() - ${age}::interval where id = ${id}`,
    );
  }
  await createKey(api, token, ['users:read'], { name: 'lasting' });
  const { handlers } = createWorker({ ...platform, settings: workerSettingsOf(api.env) });
  await handlers.find(({ job }) => job === removeExpiredKeys)?.run({}, { id: 'run', attempt: 1 });
  const { body } = await api.request('GET', '/api-keys', { token });
  t.same(
    body.data.map(({ name }: { name: string }) => name),
    ['lasting', 'ahead', 'recent'],
  );
});
