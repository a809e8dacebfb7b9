import type { TenantDb } from '@trellis/db/tenant-db';
import t, { type Test } from 'tap';
import { publishEvent } from '../../../events/publish-event.ts';
import { freeNextInOrder, freeStrandedHeads, type OrderingPosition } from '../../pump/ordering.ts';
import { recordOutcomes } from '../../pump/record.ts';
import { removeOld } from '../../remove-old-deliveries.ts';
import { numbersOf, type Outbox, openOutbox, outcomeOf } from './open-outbox.ts';

const circuit = { failures: 100, probeMs: 60_000 };

type Claimed = Awaited<ReturnType<Outbox['claim']>>;

/** Records that an attempt of each has ended so, and lets the next of their keys go. */
async function end(
  db: TenantDb,
  { deliveries }: Claimed,
  status: 'delivered' | 'exhausted' = 'delivered',
): Promise<void> {
  const outcomes = deliveries.map((delivery) => outcomeOf(delivery, status));
  await recordOutcomes(db, outcomes, circuit);
  await freeNextInOrder(db, deliveries);
}

t.test('of an ordering key only the first may be sent, the next when that has ended', async (t) => {
  const { db, subscribe, publish, claim, deliveries } = await openOutbox(t);
  await subscribe();
  await publish(['a', 'a', 'b', undefined, 'a', undefined]);
  const first = await claim();
  t.same(numbersOf(first), [1, 3, 4, 6], 'other keys, and events without one, are not held up');
  t.same(await parked(deliveries), [2, 5]);
  t.same(numbersOf(await claim()), []);

  await end(db, first);
  const second = await claim();
  t.same(numbersOf(second), [2], 'delivered: one place moves up, not two');
  await end(db, second, 'exhausted');
  t.same(numbersOf(await claim()), [5], 'given up: the next may go as well');
});

t.test('what is published behind one that is in flight waits for it', async (t) => {
  const { db, subscribe, publish, claim, deliveries } = await openOutbox(t);
  await subscribe();
  await publish(['a']);
  const first = await claim();
  await publish(['a']);
  t.same(await parked(deliveries), [2], 'it leaves what is due at once');
  await end(db, first);
  t.same(numbersOf(await claim()), [2]);
});

t.test('a failure keeps the next waiting until its last try', async (t) => {
  const { db, subscribe, publish, claim } = await openOutbox(t);
  await subscribe();
  await publish(['a', 'a']);
  for (let attempt = 1; attempt <= 3; attempt++) {
    const claimed = await claim();
    t.same(numbersOf(claimed), [1], `attempt ${attempt}`);
    t.equal(claimed.deliveries[0]?.attempt, attempt);
    const outcomes = claimed.deliveries.map((delivery) => outcomeOf(delivery, 'failed'));
    await recordOutcomes(db, outcomes, circuit);
  }
});

t.test('claims at once never get two of one key', async (t) => {
  const { db, subscribe, publish, claim } = await openOutbox(t);
  await subscribe();
  const keys = ['a', 'b', 'c', 'd', 'e'];
  await publish(Array.from({ length: 100 }, (_, index) => keys[index % keys.length]));
  const order: number[] = [];
  for (let round = 0; order.length < 100 && round < 500; round++) {
    const claims = await Promise.all([1, 2, 3, 4].map(() => claim({ limit: 2 })));
    const numbers = claims.flatMap(numbersOf);
    if (new Set(numbers.map((number) => number % 5)).size < numbers.length) {
      t.fail(`two of one key at once: ${numbers}`);
    }
    order.push(...numbers);
    await Promise.all(claims.map((claimed) => end(db, claimed)));
    await freeStrandedHeads(db, null);
  }
  t.equal(order.length, 100, 'and all of them get their turn');
  for (const rest of [0, 1, 2, 3, 4]) {
    const ofKey = order.filter((number) => number % 5 === rest);
    t.same(
      ofKey,
      ofKey.toSorted((a, b) => a - b),
      'in order',
    );
  }
});

t.test('two subscriptions keep their orders apart', async (t) => {
  const { db, subscribe, publish, claim } = await openOutbox(t);
  const [one, two] = [await subscribe(), await subscribe()];
  await publish(['a', 'a']);
  const first = await claim();
  t.same(first.deliveries.map((delivery) => delivery.webhook_id).sort(), [one, two].sort());
  t.same(numbersOf(first), [1, 1]);
  const done = first.deliveries.filter((delivery) => delivery.webhook_id === one);
  await end(db, { ...first, deliveries: done });
  const { deliveries } = await claim();
  t.same(
    deliveries.map((delivery) => delivery.webhook_id),
    [one],
    'the other still waits',
  );
});

t.test('the order is that of the commits', async (t) => {
  const { db, tenantId, subscribe, claim } = await openOutbox(t);
  await subscribe();
  const event = { tenantId, type: 'order.paid', orderingKey: 'a' };
  const publishes = (data: string, meanwhile: () => Promise<void>) =>
    db.withTenant(tenantId, async (tx) => {
      await publishEvent(async (statement) => [...(await statement(tx.sql))], { ...event, data });
      await meanwhile();
    });
  let second = Promise.resolve();
  await publishes('1', async () => {
    second = publishes('2', async () => {});
    await waitsForLock(db);
  });
  await second;
  t.same(numbersOf(await claim()), [1]);
});

async function waitsForLock(db: TenantDb): Promise<void> {
  for (;;) {
    const [row] = await db.querySystem<{ waiting: number }>(
      (sql) => sql`select count(*)::int as waiting from pg_locks
        where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`,
    );
    if (row?.waiting) return;
  }
}

t.test('a head that nobody released is found', async (t) => {
  await t.test('whose predecessor ended while the worker was killed', async (t) => {
    const { db, subscribe, publish, claim } = await openOutbox(t);
    await subscribe();
    await publish(['a', 'a', 'a']);
    const { deliveries } = await claim();
    const outcomes = deliveries.map((delivery) => outcomeOf(delivery, 'delivered'));
    await recordOutcomes(db, outcomes, circuit);
    t.same(numbersOf(await claim()), [], 'it is stranded');
    t.match(await freeStrandedHeads(db, null), { freed: 1, last: null });
    t.same(numbersOf(await claim()), [2]);
    t.match(await freeStrandedHeads(db, null), { freed: 0 }, 'what is not a head stays parked');
  });

  await t.test('whose predecessor was deleted when it was too old', async (t) => {
    const { db, subscribe, publish, claim } = await openOutbox(t);
    await subscribe();
    await publish(['a', 'a']);
    await claim();
    await db.querySystem(
      (sql) => sql`
        update webhook_deliveries d set created_at = now() - interval '100 days',
          id = overlay(d.id::text placing '00000000-0001' from 1)::uuid
        from events e where e.id = d.event_id and e.payload::json->>'data' = '1'`,
    );
    await db.querySystem((sql) => sql`update tenants set updated_at = now() - interval '2 days'`);
    t.match(await removeOld(db), { deliveries: 1 });
    await freeStrandedHeads(db, null);
    t.same(numbersOf(await claim()), [2]);
  });

  await t.test('among more keys than one sweep looks at', async (t) => {
    const { db, tenantId, subscribe, publish, claim } = await openOutbox(t);
    await subscribe();
    await publish(Array.from({ length: 2_500 }, (_, index) => `key ${index}`));
    await db.querySystem(
      (sql) => sql`update webhook_deliveries set due_at = 'infinity'
        where tenant_id = ${tenantId}`,
    );
    t.same(await sweepAll(t, db), [1_000, 1_000, 500]);
    t.equal(
      (await claim({ limit: 5_000, shares: { perWebhook: 5_000, perTenant: 5_000 } })).deliveries
        .length,
      2_500,
    );
  });
});

/** How many heads each sweep of a whole round freed. */
async function sweepAll(t: Test, db: TenantDb): Promise<number[]> {
  const freed: number[] = [];
  let after: OrderingPosition | null = null;
  do {
    const sweep = await freeStrandedHeads(db, after);
    freed.push(sweep.freed);
    after = sweep.last;
  } while (after && freed.length < 10);
  t.equal(after, null, 'the round ends');
  return freed;
}

async function parked(deliveries: Outbox['deliveries']): Promise<number[]> {
  return (await deliveries()).filter((one) => one.is_parked).map(({ number }) => number);
}
