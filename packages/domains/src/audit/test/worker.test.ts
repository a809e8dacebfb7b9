import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { signUp } from '@trellis/test/sign-up';
import { startWorker } from '@trellis/test/worker';
import postgres from 'postgres';
import t from 'tap';
import { findAnchor } from '../chain/anchors.ts';

t.test('a worker keeps the partitions and anchors the heads by itself', async (t) => {
  const api = await startApi(t);
  const { token, tenant } = await signUp(api);
  const owner = postgres(api.database.ownerUrl, { max: 1, onnotice: () => {} });
  t.teardown(() => owner.end());
  await owner`select trellis_add_audit_partition('2020-01-01')`;
  await startWorker(t, api);
  const timeoutMs = 60_000;
  const anchor = await eventually(() => findAnchor(api.app.platform, tenant.id), { timeoutMs });
  const { body } = await api.request('GET', '/audit-logs/verify', { token });
  t.match(body, { valid: true, anchor: { seq: anchor.seq } });
  const gone = async () => {
    const found = await owner`select to_regclass('audit_logs_2020_01') is null as gone`;
    return found[0]?.gone;
  };
  t.ok(await eventually(gone, { timeoutMs }));
});
