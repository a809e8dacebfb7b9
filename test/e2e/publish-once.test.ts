import type { Reply } from '@trellis/test/api';
import { asSystem, createInstallation, type Installation } from '@trellis/test/installation';
import { type ApiProcess, startApiProcess } from '@trellis/test/processes';
import { backends } from '@trellis/test/settings';
import { type Account, signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import t from 'tap';

interface Event {
  data: unknown;
  idempotencyKey?: string;
}

/** Everybody has two processes to publish to, and each next call goes to the other one. */
type Apis = [ApiProcess, ApiProcess];

function publishAll(apis: Apis, { token }: Account, events: Event[]): Promise<Reply[]> {
  return Promise.all(
    events.map((event, index) =>
      apis[index % 2 ? 1 : 0].request('POST', '/events', {
        token,
        body: { type: 'order.paid', ...event },
      }),
    ),
  );
}

const times = (count: number, event: (number: number) => Event) =>
  Array.from({ length: count }, (_, number) => event(number));

/** How many replies have each status, and why those were refused that were. */
function tally(replies: Reply[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of replies) {
    const name = status === 202 ? 'accepted' : `${status} ${body.code}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

const idsOf = (replies: Reply[]) =>
  new Set(replies.filter(({ status }) => status === 202).map(({ body }) => body.id));

t.test('events are published once, and counted once, over two APIs', async (t) => {
  const installation = await createInstallation(t, backends[0] ?? 'postgres');
  const apis: Apis = await Promise.all([
    startApiProcess(t, installation),
    startApiProcess(t, installation),
  ]);
  /** A tenant that may publish so many events. */
  const open = async (eventsMax: number) => {
    const account = await signUp(apis[0]);
    await subscribe(apis[0], account, 'http://127.0.0.1:9/hook');
    await limitEvents(installation, account, eventsMax);
    return account;
  };

  await t.test('a hundred times at once with one key: one event, one answer', async (t) => {
    const account = await open(1_000);
    const event = { data: { order: 17 }, idempotencyKey: 'order-17' };
    const replies = await publishAll(
      apis,
      account,
      times(100, () => event),
    );
    t.same(tally(replies), { accepted: 100 });
    t.equal(new Set(replies.map(({ body }) => JSON.stringify(body))).size, 1);
    t.same(await stateOf(installation, account), { events: 1, deliveries: 1, used: 1 });
    const other = await publishAll(
      apis,
      account,
      times(2, () => ({ ...event, data: 18 })),
    );
    t.same(tally(other), { '409 idempotency_key_reused': 2 });
    t.same(await stateOf(installation, account), { events: 1, deliveries: 1, used: 1 });
  });

  await t.test('two bodies at once with one key: one of them, and 409 for the other', async (t) => {
    const account = await open(1_000);
    const events = times(100, (number) => ({ data: number < 50, idempotencyKey: 'k' }));
    const replies = await publishAll(apis, account, events);
    t.same(tally(replies), { accepted: 50, '409 idempotency_key_reused': 50 });
    t.equal(idsOf(replies).size, 1);
    t.same(await stateOf(installation, account), { events: 1, deliveries: 1, used: 1 });
  });

  await t.test('exactly as many are accepted as the plan has left', async (t) => {
    const account = await open(30);
    const replies = await publishAll(
      apis,
      account,
      times(100, (number) => ({ data: number })),
    );
    t.same(tally(replies), { accepted: 30, '403 plan_limit_reached': 70 });
    t.equal(idsOf(replies).size, 30);
    t.same(await stateOf(installation, account), { events: 30, deliveries: 30, used: 30 });
  });

  await t.test('exactly as many when each has a key', async (t) => {
    const account = await open(30);
    const events = times(100, (number) => ({ data: number, idempotencyKey: `k${number}` }));
    t.same(tally(await publishAll(apis, account, events)), {
      accepted: 30,
      '403 plan_limit_reached': 70,
    });
    t.same(await stateOf(installation, account), { events: 30, deliveries: 30, used: 30 });
  });

  await t.test('what is repeated counts once, and takes nobody else’s place', async (t) => {
    const account = await open(15);
    const repeated = times(90, (number) => ({ data: 1, idempotencyKey: `k${number % 5}` }));
    const single = times(10, (number) => ({ data: number, idempotencyKey: `single ${number}` }));
    const replies = await publishAll(apis, account, [...repeated, ...single]);
    t.same(tally(replies), { accepted: 100 });
    t.equal(idsOf(replies).size, 15);
    t.same(await stateOf(installation, account), { events: 15, deliveries: 15, used: 15 });
  });

  await t.test('the last one is answered alike however often it is repeated', async (t) => {
    const account = await open(1);
    const last = { data: 1, idempotencyKey: 'last' };
    const replies = await publishAll(
      apis,
      account,
      times(100, () => last),
    );
    t.same(tally(replies), { accepted: 100 });
    t.equal(idsOf(replies).size, 1);
    const more = [last, { data: 2 }, { data: 1, idempotencyKey: 'one more' }];
    t.same(tally(await publishAll(apis, account, more)), {
      accepted: 1,
      '403 plan_limit_reached': 2,
    });
    t.same(await stateOf(installation, account), { events: 1, deliveries: 1, used: 1 });
  });
});

async function limitEvents({ database }: Installation, { tenant }: Account, max: number) {
  await asSystem(
    database,
    (tx) => tx.sql`
      update tenants set plan_overrides = jsonb_build_object('maxEvents', ${max}::int)
      where id = ${tenant.id}`,
  );
}

/** What is there of a tenant; each of its events goes to one subscription. */
async function stateOf({ database }: Installation, { tenant }: Account) {
  const [row] = await asSystem(
    database,
    (tx) => tx.sql<{ events: number; deliveries: number; used: number }[]>`
      select (select count(*)::int from events where tenant_id = ${tenant.id}) as events,
        (select count(*)::int from webhook_deliveries where tenant_id = ${tenant.id})
          as deliveries,
        (select sum(used)::int from quota_use where tenant_id = ${tenant.id}) as used`,
  );
  return row;
}
