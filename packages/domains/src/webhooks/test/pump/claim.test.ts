import { eventually } from '@trellis/test/eventually';
import t from 'tap';
import { releaseClaims } from '../../pump/record.ts';
import { numbersOf, openOutbox } from './open-outbox.ts';

const unkeyed = (count: number) => Array.from({ length: count }, () => undefined);

t.test('of claims at once, each delivery is in one', async (t) => {
  const { subscribe, publish, claim } = await openOutbox(t);
  await subscribe();
  await publish(unkeyed(200));
  const claims = await Promise.all([1, 2, 3, 4].map(() => claim({ limit: 100 })));
  const rest = await claim();
  const numbers = [...claims, rest].flatMap(numbersOf);
  t.equal(numbers.length, 200);
  t.equal(new Set(numbers).size, 200);
});

t.test('a delivery in flight is not claimed again until its lease has ended', async (t) => {
  const { subscribe, publish, claim } = await openOutbox(t);
  await subscribe();
  await publish(unkeyed(2));
  t.same(numbersOf(await claim({ limit: 1 })), [1]);
  t.same(numbersOf(await claim({ leaseMs: 1_000 })), [2]);
  t.same(numbersOf(await claim()), []);
  const again = await eventually(async () => {
    const next = await claim();
    return next.deliveries.length > 0 && next;
  });
  t.same(numbersOf(again), [2], 'the other one is held for longer');
  t.equal(again.deliveries[0]?.attempt, 1, 'an attempt that nobody recorded is not counted');
});

t.test('what is given back can be claimed at once, unless another has it by then', async (t) => {
  const { db, subscribe, publish, claim } = await openOutbox(t);
  await subscribe();
  await publish(unkeyed(1));
  const first = await claim({ leaseMs: 1 });
  const second = await eventually(async () => {
    const next = await claim();
    return next.deliveries.length > 0 && next;
  });
  await releaseClaims(db, first.deliveries);
  t.same(numbersOf(await claim()), [], 'the claim that had ended gives nothing back');
  await releaseClaims(db, second.deliveries);
  t.same(numbersOf(await claim()), [1]);
});

t.test('subscriptions take turns within a claim, up to their shares', async (t) => {
  const { tenantId, addTenant, subscribe, publish, claim } = await openOutbox(t);
  const other = await addTenant();
  await publishTo(tenantId, 30);
  await publishTo(tenantId, 30);
  const late = await publishTo(other, 3);
  const { deliveries } = await claim({ limit: 9 });
  t.equal(deliveries.filter(({ webhook_id }) => webhook_id === late).length, 3);
  const shares = await claim({ shares: { perWebhook: 8, perTenant: 10 } });
  t.equal(shares.deliveries.length, 10, 'no more of a tenant than it may have');
  const held = new Map([[tenantId, 95]]);
  const rest = await claim({ shares: { perTenant: 100, heldByTenant: held } });
  t.equal(rest.deliveries.length, 5, 'and what is held counts');

  async function publishTo(owner: string, count: number): Promise<string> {
    const id = await subscribe(owner);
    await publish(unkeyed(count), owner);
    return id;
  }
});

t.test('nothing is claimed of a subscription or a tenant that is not active', async (t) => {
  const { db, tenantId, subscribe, publish, claim } = await openOutbox(t);
  await subscribe();
  await publish(unkeyed(1));
  await db.querySystem((sql) => sql`update webhooks set is_active = false`);
  t.same(numbersOf(await claim()), []);
  await db.querySystem((sql) => sql`update webhooks set is_active = true`);
  await db.querySystem((sql) => sql`update tenants set status = 'suspended'`);
  t.same(numbersOf(await claim()), []);
  await db.querySystem((sql) => sql`update tenants set status = 'active' where id = ${tenantId}`);
  t.same(numbersOf(await claim()), [1]);
});

t.test('the round goes over more subscriptions than one claim looks at', async (t) => {
  const { db, tenantId, subscribe, publish, claim } = await openOutbox(t);
  await subscribe();
  await db.querySystem(
    (sql) => sql`
      insert into webhooks (id, tenant_id, url, events, secret, secret_hint)
      select trellis_uuid(), ${tenantId}, 'http://127.0.0.1:9/', array['*'], 'sealed', 'hint'
      from generate_series(1, 249)`,
  );
  await publish(unkeyed(1));
  const first = await claim();
  t.equal(first.deliveries.length, 200);
  t.ok(first.last, 'it tells where to go on');
  const second = await claim({ after: first.last });
  t.equal(second.deliveries.length, 50);
  t.equal(second.last, null);
  const subscriptions = [...first.deliveries, ...second.deliveries].map((one) => one.webhook_id);
  t.equal(new Set(subscriptions).size, 250);
});

t.test('slow subscriptions share what is left: who holds less comes first', async (t) => {
  const { tenantId, subscribe, publish, claim } = await openOutbox(t);
  const ids = [await subscribe(), await subscribe(), await subscribe()];
  await publish(unkeyed(30), tenantId);
  const [early = '', middle = '', late = ''] = ids;
  const slow = new Map([
    [early, 1],
    [middle, 2],
    [late, 3],
  ]);
  const claimedOf = async (slowFree: number, heldByWebhook = new Map<string, number>()) => {
    const { deliveries } = await claim({ shares: { slow, slowFree, heldByWebhook } });
    return ids.map((id) => deliveries.filter((one) => one.webhook_id === id).length);
  };
  t.same(await claimedOf(0), [0, 0, 0]);
  t.same(await claimedOf(2), [1, 1, 0], 'whose last turn was longer ago');
  t.same(await claimedOf(1, new Map([[early, 5]])), [0, 1, 0], 'or who holds less');
  t.same(await claimedOf(9), [3, 3, 3]);
});
