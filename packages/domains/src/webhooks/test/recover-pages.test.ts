import type { JobPayload } from '@trellis/queue/define-job';
import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { asSystem } from '@trellis/test/installation';
import { type Account, signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import postgres from 'postgres';
import t, { type Test } from 'tap';
import { recoverWebhook } from '../jobs.ts';
import { createRecoverer } from '../recovery/recover.ts';
import { addDeliveries } from './add-deliveries.ts';
import { lockDeliveries, recover } from './recovery.ts';

/** A subscription with a recovery that no worker has begun. */
async function prepare(t: Test, kind: 'failed' | 'missing', count: number) {
  const api = await startApi(t);
  const account = await signUp(api);
  const url = 'http://127.0.0.1:9/hook';
  const first = await subscribe(api, account, url);
  const status = kind === 'failed' ? 'exhausted' : 'delivered';
  await addDeliveries(api.database, { account, webhookId: first.id, status, count });
  const { id } = kind === 'failed' ? first : await subscribe(api, account, url);
  const { body } = await recover(api, account, id, { status: kind });
  const payload = { tenantId: account.tenant.id, recoveryId: body.id };
  return { api, account, webhookId: id, payload };
}

const firstTry = { attempt: 1 };
const lastTry = { attempt: recoverWebhook.attempts };

async function show(api: Api, { token }: Account, webhookId: string) {
  const { body } = await api.request('GET', `/webhooks/${webhookId}/recoveries`, { token });
  return body.data[0];
}

function jobsOf({ database }: Api, recoveryId: string) {
  return asSystem(
    database,
    ({ sql }) => sql<{ payload: JobPayload<typeof recoverWebhook> }[]>`
      select payload from jobs
      where name = ${recoverWebhook.name} and payload->>'recoveryId' = ${recoveryId}
      order by id`,
  );
}

t.test('a job whose time is over asks for another, which goes on behind it', async (t) => {
  const { api, account, webhookId, payload } = await prepare(t, 'failed', 25);
  const run = createRecoverer(api.app.platform, { rowsMax: 10, turnMs: 0 });
  const queued = async () => {
    const { status, total, queued } = await show(api, account, webhookId);
    return { status, total, queued, jobs: (await jobsOf(api, payload.recoveryId)).length };
  };
  await run(payload, firstTry);
  t.same(await queued(), { status: 'running', total: 25, queued: 10, jobs: 2 });
  await run(payload, firstTry);
  t.same(await queued(), { status: 'running', total: 25, queued: 20, jobs: 3 });
  await run(payload, firstTry);
  t.same(await queued(), { status: 'completed', total: 25, queued: 25, jobs: 3 });
  await run(payload, firstTry);
  t.same(await queued(), { status: 'completed', total: 25, queued: 25, jobs: 3 });
});

t.test('a count whose time is over is gone on with by another job', async (t) => {
  const { api, account, webhookId, payload } = await prepare(t, 'failed', 25);
  const limits = { countRowsMax: 10, rowsMax: 100, turnMs: 0 };
  const run = createRecoverer(api.app.platform, limits);
  const last = async () => (await jobsOf(api, payload.recoveryId)).at(-1)?.payload ?? payload;
  await run(payload, firstTry);
  t.match(await last(), { ...payload, counted: { count: 10, after: /-/ } });
  t.match(await show(api, account, webhookId), { status: 'running', total: null, queued: 0 });
  await run(await last(), firstTry);
  t.match(await last(), { counted: { count: 20 } });
  await run(await last(), firstTry);
  t.match(await show(api, account, webhookId), { status: 'completed', total: 25, queued: 25 });
  t.equal((await jobsOf(api, payload.recoveryId)).length, 3);
});

t.test('one that is cancelled while it counts gets no total', async (t) => {
  const { api, account, webhookId, payload } = await prepare(t, 'failed', 25);
  const release = await lockDeliveries(t, api);
  const running = createRecoverer(api.app.platform)(payload, firstTry);
  await eventually(async () => (await show(api, account, webhookId)).status === 'running');
  const path = `/webhooks/${webhookId}/recoveries/${payload.recoveryId}/cancel`;
  t.equal((await api.request('POST', path, { token: account.token })).status, 200);
  await release();
  await running;
  t.match(await show(api, account, webhookId), { status: 'cancelled', total: null, queued: 0 });
});

t.test('a page that begins with nothing to queue is followed by the next', async (t) => {
  const { api, account, webhookId, payload } = await prepare(t, 'missing', 25);
  await asSystem(
    api.database,
    ({ sql }) => sql`
      update events set type = 'webhook.test' where id in (
        select id from events where tenant_id = ${payload.tenantId} order by id limit 20)`,
  );
  await createRecoverer(api.app.platform, { rowsMax: 10, turnMs: 60_000 })(payload, firstTry);
  t.match(await show(api, account, webhookId), { status: 'completed', total: 5, queued: 5 });
});

t.test('two that run at once queue each event once', async (t) => {
  const { api, account, webhookId, payload } = await prepare(t, 'missing', 400);
  const run = createRecoverer(api.app.platform, { rowsMax: 10, turnMs: 60_000 });
  await Promise.all([1, 2, 3].map(() => run(payload, firstTry)));
  t.match(await show(api, account, webhookId), { status: 'completed', total: 400, queued: 400 });
  const [row] = await asSystem(
    api.database,
    ({ sql }) => sql<{ rows: number; events: number }[]>`
      select count(*)::int as rows, count(distinct event_id)::int as events
      from webhook_deliveries where webhook_id = ${webhookId}`,
  );
  t.same(row, { rows: 400, events: 400 });
});

t.test('it ends when the subscription is deleted', async (t) => {
  const { api, account, webhookId, payload } = await prepare(t, 'failed', 25);
  const run = createRecoverer(api.app.platform, { rowsMax: 10, turnMs: 0 });
  await run(payload, firstTry);
  await api.request('DELETE', `/webhooks/${webhookId}`, { token: account.token });
  await run(payload, firstTry);
  t.equal((await jobsOf(api, payload.recoveryId)).length, 2, 'it asks for no other');
  const rows = await asSystem(
    api.database,
    ({ sql }) => sql`
      select status, count(*)::int from webhook_deliveries group by status order by status`,
  );
  t.same(rows, [
    { status: 'cancelled', count: 10 },
    { status: 'exhausted', count: 15 },
  ]);
});

t.test('one that cannot go on has failed when its tries are used up', async (t) => {
  const { api, account, webhookId, payload } = await prepare(t, 'failed', 5);
  const run = createRecoverer(api.app.platform);
  const owner = postgres(api.database.ownerUrl, { max: 1, onnotice: () => {} });
  t.teardown(() => owner.end());
  await owner`revoke update on webhook_deliveries from trellis_app`;
  await t.rejects(run(payload, firstTry), /webhook_deliveries/);
  t.match(await show(api, account, webhookId), { status: 'running', finishedAt: null });
  await t.rejects(run(payload, lastTry), /webhook_deliveries/);
  t.match(await show(api, account, webhookId), { status: 'failed', queued: 0, finishedAt: /T/ });
  await owner`grant update on webhook_deliveries to trellis_app`;
  const { status } = await recover(api, account, webhookId);
  t.equal(status, 202, 'and another may be started');
});
