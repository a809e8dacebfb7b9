import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { asSystem } from '@trellis/test/installation';
import { type Receiver, startReceiver } from '@trellis/test/receiver';
import { type Account, signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { type AddedDeliveries, addDeliveries } from './add-deliveries.ts';
import { longAgo, recover, recoveryEnded } from './recovery.ts';
import { isProblem, refusesStrangers } from './refusals.ts';

/** Nothing listens there. */
const nowhere = 'http://127.0.0.1:9/hook';
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

/** Of each delivery, by its event, what tells whether it was touched. */
function statesOf(api: Api) {
  return asSystem(api.database, async ({ sql }) => {
    const rows = await sql<{ event_id: string; state: string }[]>`
      select event_id, concat_ws(' ', status, trigger, tries, due_at) as state
      from webhook_deliveries`;
    return new Map(rows.map((row) => [row.event_id, row.state]));
  });
}

const arrived = (receiver: Receiver, count: number) =>
  eventually(() => receiver.received.length >= count, { timeoutMs: 30_000 });

t.test('POST /webhooks/:id/recover, while no worker runs', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { id } = await subscribe(api, account, nowhere);
  const audited = async () => {
    const query = '/audit-logs?resourceType=webhook_recovery';
    return (await api.request('GET', query, { token: account.token })).body.data;
  };

  await t.test('200: a dry run counts and leaves no trace', async (t) => {
    await addDeliveries(api.database, { account, webhookId: id, status: 'exhausted', count: 3 });
    const before = await statesOf(api);
    const { status, body } = await recover(api, account, id, { dryRun: true });
    t.equal(status, 200);
    t.same(body, { count: 3, isCapped: false });
    t.same(await statesOf(api), before);
    const path = `/webhooks/${id}/recoveries`;
    t.same((await api.request('GET', path, { token: account.token })).body.data, []);
    t.same(await audited(), []);
  });

  await t.test('200: it counts for a subscription that is disabled', async (t) => {
    const disabled = await subscribe(api, account, nowhere);
    const of = { account, webhookId: disabled.id, status: 'exhausted' } as const;
    await addDeliveries(api.database, of);
    await disable(api, account, disabled.id);
    t.match((await recover(api, account, disabled.id, { dryRun: true })).body, { count: 1 });
  });

  await t.test('202: answers the recovery, audits it, and repeats the answer', async (t) => {
    const other = await subscribe(api, account, nowhere);
    const headers = { 'idempotency-key': 'recover-once' };
    const body = { since: minutesAgo(60).toISOString(), dryRun: false };
    const first = await recover(api, account, other.id, body, headers);
    t.equal(first.status, 202);
    t.match(first.body, {
      webhookId: other.id,
      recovers: 'failed',
      status: 'pending',
      since: body.since,
      until: /T/,
      total: null,
      queued: 0,
      startedAt: null,
      finishedAt: null,
    });
    const path = `/webhooks/${other.id}/recoveries/${first.body.id}`;
    t.equal(first.headers.get('location'), `/api/v1${path}`);
    t.same((await api.request('GET', path, { token: account.token })).body, first.body);
    const [entry] = await audited();
    t.match(entry, {
      action: 'webhook_recovery.started',
      resourceId: first.body.id,
      actorId: account.user.id,
      after: first.body,
    });
    const again = await recover(api, account, other.id, body, headers);
    t.same([again.status, again.body], [202, first.body], 'the same key is the same recovery');
    t.equal((await audited()).length, 1);
  });

  await t.test('202: what is still to come is no part of it', async (t) => {
    const { id: webhookId } = await subscribe(api, account, nowhere);
    const { body } = await recover(api, account, webhookId, { until: '9999-12-31T23:59:59Z' });
    t.ok(Date.parse(body.until) <= Date.parse(body.createdAt) + 60_000, 'it ends now');
  });

  await t.test('400: a span with nothing in it', async (t) => {
    const spans = [
      { since: '9000-01-01T00:00:00Z' },
      { since: minutesAgo(-10).toISOString(), until: minutesAgo(-20).toISOString() },
      { since: minutesAgo(10).toISOString(), until: minutesAgo(20).toISOString() },
      { since: longAgo, until: longAgo },
    ];
    for (const span of spans) {
      for (const dryRun of [true, false]) {
        const reply = await recover(api, account, id, { ...span, dryRun });
        isProblem(t, reply, 400, 'validation_failed');
        t.match(reply.body.errors, [{ path: 'body/since' }]);
      }
    }
  });

  await t.test('400: what is no span, and no kind', async (t) => {
    const wrong = [
      { since: undefined },
      { since: 'yesterday' },
      { since: '2026-01-01' },
      { since: '0000-01-01T00:00:00Z' },
      { since: '2026-01-01T00:00:00+01' },
      { until: '9999-12-31T23:59:59-23:59' },
      { status: 'delivered' },
      { status: undefined },
      { dryRun: 'yes' },
      { limit: 5 },
    ];
    for (const body of wrong) {
      isProblem(t, await recover(api, account, id, body), 400, 'validation_failed');
    }
  });

  await t.test('409: the subscription is disabled', async (t) => {
    const { id: webhookId } = await subscribe(api, account, nowhere);
    await disable(api, account, webhookId);
    isProblem(t, await recover(api, account, webhookId), 409, 'webhook_inactive');
  });

  await t.test('409: one at a time, also when several are asked for at once', async (t) => {
    const replies = await Promise.all([1, 2, 3, 4].map(() => recover(api, account, id)));
    const [started] = replies.filter(({ status }) => status === 202);
    const refused = replies.filter((reply) => reply !== started);
    t.equal(refused.length, 3);
    for (const reply of refused) {
      isProblem(t, reply, 409, 'recovery_running');
      t.match(reply.body.detail, started?.body.id, 'it names the one that runs');
    }
  });

  await refusesStrangers(t, api, account, {
    method: 'POST',
    path: `/webhooks/${id}/recover`,
    body: { since: longAgo, status: 'failed' },
    permission: 'webhooks:write',
  });
});

async function disable(api: Api, { token }: Account, id: string): Promise<void> {
  await api.request('PATCH', `/webhooks/${id}`, { token, body: { isActive: false } });
}

t.test('a recovery of what failed sends what the dry run counted, and nothing else', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const stranger = await signUp(api, 'Stranger');
  const receiver = await startReceiver(t);
  const { id: webhookId } = await subscribe(api, account, receiver.url);
  const other = await subscribe(api, account, receiver.url);
  const strange = await subscribe(api, stranger, receiver.url);
  const add = (more: Partial<AddedDeliveries>) =>
    addDeliveries(api.database, { account, webhookId, status: 'exhausted', ...more });

  const wanted = [
    ...(await add({ count: 4, at: minutesAgo(30) })),
    ...(await add({ status: 'failed', count: 2, at: minutesAgo(25) })),
    ...(await add({ at: minutesAgo(21) })),
  ];
  await add({ at: minutesAgo(41) });
  await add({ at: minutesAgo(19) });
  await add({ at: minutesAgo(30), webhookId: other.id });
  await add({ at: minutesAgo(30), webhookId: strange.id, account: stranger });
  await add({ at: minutesAgo(30), type: 'webhook.test' });
  await add({ at: minutesAgo(30), status: 'failed', inFlight: true });
  for (const status of ['delivered', 'cancelled'] as const)
    await add({ at: minutesAgo(30), status });
  const before = await statesOf(api);
  const span = {
    since: minutesAgo(40).toISOString(),
    until: minutesAgo(20).toISOString(),
  };

  const { body: dry } = await recover(api, account, webhookId, { ...span, dryRun: true });
  t.same(dry, { count: wanted.length, isCapped: false });
  await startWorker(t, api);
  const { body: started } = await recover(api, account, webhookId, span);
  const ended = await recoveryEnded(api, account, started);
  t.match(ended, { ...span, total: dry.count, queued: dry.count, startedAt: /T/, finishedAt: /T/ });
  await arrived(receiver, wanted.length);
  t.same([...receiver.ids()].sort(), wanted.sort());
  const after = await eventually(async () => {
    const states = await statesOf(api);
    return wanted.every((id) => states.get(id)?.startsWith('delivered')) && states;
  });
  for (const id of wanted) for (const states of [before, after]) states.delete(id);
  t.same(after, before, 'all else is as it was');
  t.equal(receiver.received.length, wanted.length, 'each was sent once');

  const [deliveryId = ''] = wanted;
  const path = `/webhooks/${webhookId}/deliveries/${deliveryId}`;
  const { body: delivery } = await api.request('GET', path, { token: account.token });
  t.match(delivery, { attempts: 7, attemptList: [{ attempt: 7, trigger: 'recovery' }] });
  t.match((await recover(api, account, webhookId, { ...span, dryRun: true })).body, { count: 0 });
});

t.test('what has an ordering key is sent again one after another', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const receiver = await startReceiver(t);
  const { id: webhookId } = await subscribe(api, account, receiver.url);
  const of = { account, webhookId, status: 'exhausted', count: 20 } as const;
  const wanted = await addDeliveries(api.database, { ...of, orderingKey: 'order-42' });
  await startWorker(t, api);
  await recover(api, account, webhookId);
  await arrived(receiver, wanted.length);
  t.same(
    receiver.received.map(({ id }) => id),
    wanted,
    'in the order of their events',
  );
});

t.test('an endpoint that is only probed is probed at once', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { id } = await subscribe(api, account, nowhere);
  const untilProbe = async () => {
    const [row] = await asSystem(
      api.database,
      ({ sql }) => sql<{ seconds: number }[]>`
        select extract(epoch from open_until - now())::float8 as seconds from webhook_failures`,
    );
    return row?.seconds ?? Number.NaN;
  };
  await asSystem(
    api.database,
    ({ sql }) => sql`
      insert into webhook_failures (webhook_id, tenant_id, failures, open_until)
      values (${id}, ${account.tenant.id}, 50, now() + interval '1 hour')`,
  );
  await recover(api, account, id, { dryRun: true });
  t.ok((await untilProbe()) > 1_800, 'not for a dry run');
  await recover(api, account, id);
  t.ok((await untilProbe()) <= 0);
});
