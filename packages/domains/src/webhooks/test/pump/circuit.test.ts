import type { TenantDb } from '@trellis/db/tenant-db';
import t, { type Test } from 'tap';
import type { ClaimedDelivery } from '../../pump/claim.ts';
import { recordOutcomes, releaseClaims } from '../../pump/record.ts';
import { numbersOf, openOutbox, outcomeOf } from './open-outbox.ts';

const circuit = { failures: 5, probeMs: 60_000 };

async function prepare(t: Test) {
  const outbox = await openOutbox(t);
  const webhookId = await outbox.subscribe();
  await outbox.publish(Array.from({ length: 20 }, () => undefined));
  const { db } = outbox;
  /** Records that so many attempts, one after another, have ended so. */
  const attempt = async (count: number, status: 'delivered' | 'failed') => {
    let failing: Awaited<ReturnType<typeof recordOutcomes>> = [];
    for (let number = 0; number < count; number++) {
      const { deliveries } = await outbox.claim({ limit: 1 });
      if (deliveries.length === 0) throw new Error('there was nothing to claim');
      failing = await end(db, deliveries, status);
    }
    return failing;
  };
  /** As if the time between two probes had passed. */
  const passProbeInterval = () =>
    db.querySystem((sql) => sql`update webhook_failures set open_until = now() - interval '1 s'`);
  return { ...outbox, webhookId, attempt, passProbeInterval };
}

function end(db: TenantDb, deliveries: ClaimedDelivery[], status: 'delivered' | 'failed') {
  const outcomes = deliveries.map((delivery) => outcomeOf(delivery, status));
  return recordOutcomes(db, outcomes, circuit);
}

t.test('so many failures in a row open the circuit: nothing more is claimed', async (t) => {
  const { attempt, claim, webhookId } = await prepare(t);
  t.match(await attempt(4, 'failed'), [{ webhook_id: webhookId, is_open: false }]);
  t.ok((await claim({ limit: 1 })).deliveries.length > 0);
  t.match(await attempt(1, 'failed'), [{ webhook_id: webhookId, is_open: true }]);
  t.same(numbersOf(await claim()), []);
});

t.test('a success in between begins the count anew', async (t) => {
  const { db, attempt } = await prepare(t);
  await attempt(4, 'failed');
  t.same(await attempt(1, 'delivered'), []);
  t.same(await db.querySystem((sql) => sql`select * from webhook_failures`), []);
  t.match(await attempt(4, 'failed'), [{ is_open: false }]);
});

t.test('it counts over the batches of all workers, each failure once', async (t) => {
  const { db, claim } = await prepare(t);
  const { deliveries } = await claim();
  const batches = [deliveries.slice(0, 2), deliveries.slice(2, 4)];
  await Promise.all(batches.map((batch) => end(db, batch, 'failed')));
  const [row] = await db.querySystem(
    (sql) => sql`select failures, open_until from webhook_failures`,
  );
  t.match(row, { failures: 4, open_until: null });
  t.match(await end(db, deliveries.slice(4, 5), 'failed'), [{ is_open: true }]);
});

t.test('when it is half-open, one of all claims gets one delivery', async (t) => {
  const { attempt, claim, passProbeInterval } = await prepare(t);
  await attempt(5, 'failed');
  await passProbeInterval();
  const claims = await Promise.all([1, 2, 3, 4].map(() => claim()));
  t.equal(claims.flatMap(numbersOf).length, 1);
  t.same(numbersOf(await claim()), [], 'and none follows while the probe is in flight');
});

t.test('a probe that fails opens it again, one that succeeds closes it', async (t) => {
  const { db, attempt, claim, passProbeInterval } = await prepare(t);
  await attempt(5, 'failed');
  await passProbeInterval();
  t.match(await attempt(1, 'failed'), [{ is_open: true }]);
  t.same(numbersOf(await claim()), []);
  await passProbeInterval();
  t.same(await attempt(1, 'delivered'), []);
  t.equal((await claim()).deliveries.length, 19, 'all that is left');
  t.same(await db.querySystem((sql) => sql`select * from webhook_failures`), []);
});

t.test('a probe is not wasted on what waits for another of its ordering key', async (t) => {
  const { db, publish, attempt, claim, passProbeInterval } = await prepare(t);
  await attempt(5, 'failed');
  await db.querySystem((sql) => sql`delete from webhook_deliveries`);
  await publish(['a', 'a']);
  await db.querySystem(
    (sql) => sql`update webhook_deliveries set due_at = now() - interval '1 s' * position`,
  );
  await passProbeInterval();
  t.match(await claim(), { deliveries: [], parked: 1 });
  t.same(numbersOf(await claim()), [21]);
});

t.test('a test says nothing about the endpoint when it fails', async (t) => {
  const { db, claim } = await prepare(t);
  const { deliveries } = await claim();
  const tests = deliveries.map((delivery) => ({ ...delivery, trigger: 'test' as const }));
  t.same(await end(db, tests, 'failed'), []);
  t.same(await db.querySystem((sql) => sql`select * from webhook_failures`), []);
});

t.test('a probe that is given back leaves the endpoint to be probed at once', async (t) => {
  const { db, attempt, claim, passProbeInterval } = await prepare(t);
  await attempt(5, 'failed');
  await passProbeInterval();
  const probe = await claim();
  t.match(probe.deliveries, [{ is_probe: true }]);
  t.same(numbersOf(await claim()), [], 'nobody else probes meanwhile');
  await releaseClaims(db, probe.deliveries);
  t.equal((await claim()).deliveries.length, 1);
});

t.test('probes take the places of slow subscriptions', async (t) => {
  const { attempt, claim, passProbeInterval } = await prepare(t);
  await attempt(5, 'failed');
  await passProbeInterval();
  t.same(numbersOf(await claim({ shares: { slowFree: 0 } })), []);
  t.equal((await claim({ shares: { slowFree: 1 } })).deliveries.length, 1);
});
