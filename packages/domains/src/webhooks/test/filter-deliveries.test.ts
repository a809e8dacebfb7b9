import { type Api, startApi } from '@trellis/test/api';
import { type Account, signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import postgres from 'postgres';
import t from 'tap';
import { listDeliveries, listEventDeliveries } from '../deliveries/list-deliveries.ts';
import type { DeliveriesQuery } from '../delivery-schemas.ts';
import { type AddedDeliveries, addDeliveries } from './add-deliveries.ts';
import { isProblem } from './refusals.ts';

const day = (number: number) => new Date(Date.UTC(2026, 0, number, 12));

t.test('GET /webhooks/:id/deliveries by time', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { id } = await subscribe(api, account, 'http://127.0.0.1:9/hook', ['none']);
  const events: string[] = [];
  for (const number of [1, 2, 3, 4]) {
    const made = { account, webhookId: id, status: 'exhausted', at: day(number) } as const;
    events.push(...(await addDeliveries(api.database, made)));
  }
  const list = (query: Record<string, string>) =>
    api.request('GET', `/webhooks/${id}/deliveries?${new URLSearchParams(query)}`, {
      token: account.token,
    });
  const shown = async (query: Record<string, string>) => {
    const { body } = await list(query);
    return body.data.map(({ eventId }: { eventId: string }) => events.indexOf(eventId) + 1);
  };

  await t.test('200: from a moment on, up to another, the newest first', async (t) => {
    const [second, fourth] = [day(2).toISOString(), day(4).toISOString()];
    t.same(await shown({ since: second }), [4, 3, 2]);
    t.same(await shown({ until: fourth }), [3, 2, 1]);
    t.same(await shown({ since: second, until: fourth }), [3, 2]);
    t.same(await shown({ since: second, until: second }), []);
    t.same(await shown({ since: '2026-01-02T14:00:00+02:00', until: fourth }), [3, 2]);
    t.same(await shown({ since: second, status: 'delivered' }), []);
    t.same(await shown({ since: second, eventId: events[2] ?? '', event: 'order.paid' }), [3]);
  });

  await t.test('400: what is no time, and a span that ends before it begins', async (t) => {
    const refused = await list({ since: day(2).toISOString(), until: day(1).toISOString() });
    isProblem(t, refused, 400, 'validation_failed');
    t.match(refused.body.errors, [{ path: 'querystring/until' }]);
    for (const text of ['2026', 'yesterday', '0000-01-01T00:00:00Z', '2026-01-01T00:00:60Z']) {
      isProblem(t, await list({ since: text }), 400, 'validation_failed');
      isProblem(t, await list({ until: text }), 400, 'validation_failed');
    }
    isProblem(t, await list({ eventId: '1' }), 400, 'validation_failed');
  });
});

t.test('among many deliveries an index leads to what is asked for', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { id } = await subscribe(api, account, 'http://127.0.0.1:9/hook', ['none']);
  const busy = await subscribe(api, account, 'http://127.0.0.1:9/hook', ['none']);
  const wanted = await fill(api, account, id, busy.id);
  const limit = 25;
  const isCheap = async (name: string, list: (tx: Tx) => Promise<unknown[]>, found: number) => {
    await api.app.platform.db.withTenant(account.tenant.id, async (tx) => {
      const before = await rowsRead(tx);
      t.equal((await list(tx)).length, found, name);
      const read = (await rowsRead(tx)) - before;
      t.ok(read <= 100, `${read} rows were read`);
    });
  };

  const span = { since: day(5).toISOString(), until: day(6).toISOString() };
  const cases: [name: string, query: Partial<DeliveriesQuery>, found: number][] = [
    ['all', {}, 26],
    ['a frequent status', { status: 'delivered' }, 26],
    ['a rare status', { status: 'exhausted' }, 26],
    ['a frequent type', { event: 'order.paid' }, 26],
    ['a rare type', { event: 'order.rare' }, 26],
    ['a frequent status and a rare type', { status: 'delivered', event: 'order.rare' }, 0],
    ['a rare status and a frequent type', { status: 'exhausted', event: 'order.paid' }, 0],
    ['a time', span, 26],
    ['a status and a time', { ...span, status: 'exhausted' }, 0],
    ['an event', { eventId: wanted }, 1],
  ];
  for (const [name, query, found] of cases) {
    await isCheap(name, (tx) => listDeliveries(tx, id, { limit, ...query }), found);
  }
  await isCheap('all of an event', (tx) => listEventDeliveries(tx, wanted, { limit }), 1);
});

/**
 * Thousands of a subscription, few of them of a rare type and status, and since then many more of a
 * busy one: whoever walks back in time passes all of these. Answers an event of the rare ones.
 */
async function fill(api: Api, account: Account, id: string, busyId: string): Promise<string> {
  const add = (
    webhookId: string,
    rest: Pick<AddedDeliveries, 'status' | 'type' | 'at' | 'count'>,
  ) => addDeliveries(api.database, { account, webhookId, ...rest });
  const [wanted = ''] = await add(id, {
    ...{ status: 'exhausted', type: 'order.rare', count: 50, at: day(2) },
  });
  const frequent = { status: 'delivered', type: 'order.paid' } as const;
  for (let number = 3; number < 13; number++) {
    await add(id, { ...frequent, count: 500, at: day(number) });
    await add(busyId, { ...frequent, count: 500, at: new Date(day(number).getTime() + 1) });
  }
  for (let number = 13; number < 23; number++) {
    await add(busyId, { ...frequent, count: 1_000, at: day(number) });
  }
  const owner = postgres(api.database.ownerUrl, { max: 1 });
  await owner`analyze webhook_deliveries`;
  await owner.end();
  return wanted;
}

type Tx = Parameters<typeof listDeliveries>[0];

/** How many rows of the deliveries this connection has read, by an index or without. */
async function rowsRead(tx: Tx): Promise<number> {
  const [row] = await tx.sql<{ read: number }[]>`
    select (seq_tup_read + idx_tup_fetch)::int as read
    from pg_stat_xact_user_tables where relname = 'webhook_deliveries'`;
  return row?.read ?? 0;
}
