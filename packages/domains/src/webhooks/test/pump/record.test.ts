import { eventually } from '@trellis/test/eventually';
import t, { type Test } from 'tap';
import { recordOutcomes } from '../../pump/record.ts';
import { openOutbox, outcomeOf } from './open-outbox.ts';

const circuit = { failures: 100, probeMs: 60_000 };

/** One delivery, of which a first worker lost its claim to a second one. */
async function prepareLostClaim(t: Test) {
  const outbox = await openOutbox(t);
  await outbox.subscribe();
  await outbox.publish([undefined]);
  const [lost] = (await outbox.claim({ leaseMs: 1 })).deliveries;
  const held = await eventually(async () => (await outbox.claim()).deliveries[0]);
  if (!lost) throw new Error('nothing was claimed');
  return { ...outbox, lost, held };
}

t.test('an outcome ends the claim and is kept with its attempt', async (t) => {
  const { db, subscribe, publish, claim, deliveries } = await openOutbox(t);
  await subscribe();
  await publish([undefined, undefined, undefined]);
  const claimed = (await claim()).deliveries;
  const results = ['delivered', 'failed', 'exhausted'] as const;
  const outcomes = claimed.map((one, index) => outcomeOf(one, results[index] ?? 'failed'));
  await recordOutcomes(db, outcomes, circuit);
  const rows = await deliveries();
  t.same(rows.map(({ status }) => status).sort(), [...results].sort());
  t.same(
    rows.filter((row) => row.is_held),
    [],
  );
  t.same(
    rows.map(({ attempts }) => attempts),
    [1, 1, 1],
  );
  const attempts = await db.querySystem<{ status_code: number; error_class: string | null }>(
    (sql) => sql`select status_code, error_class from webhook_attempts order by status_code`,
  );
  t.match(attempts, [
    { status_code: 204, error_class: null },
    { status_code: 500, error_class: 'http_5xx' },
    { status_code: 500, error_class: 'http_5xx' },
  ]);
});

t.test('a failure that comes after its lease ended changes nothing', async (t) => {
  const { db, lost, held, deliveries } = await prepareLostClaim(t);
  for (const status of ['failed', 'exhausted'] as const) {
    await recordOutcomes(db, [outcomeOf(lost, status)], circuit);
    t.match(await deliveries(), [{ status: 'pending', attempts: 0, is_held: true }]);
  }
  await recordOutcomes(db, [outcomeOf(held, 'delivered')], circuit);
  t.match(await deliveries(), [{ status: 'delivered', attempts: 1 }]);
  await recordOutcomes(db, [outcomeOf(lost, 'failed')], circuit);
  t.match(await deliveries(), [{ status: 'delivered', attempts: 1 }]);
});

t.test('a success that comes after its lease ended still counts', async (t) => {
  const { db, lost, held, deliveries } = await prepareLostClaim(t);
  await recordOutcomes(db, [outcomeOf(lost, 'delivered')], circuit);
  t.match(await deliveries(), [{ status: 'delivered', is_held: false }]);
  await recordOutcomes(db, [outcomeOf(held, 'exhausted')], circuit);
  t.match(await deliveries(), [{ status: 'delivered' }], 'nothing takes it back');
});

t.test('what was cancelled while it was in flight stays cancelled', async (t) => {
  const { db, subscribe, publish, claim, deliveries } = await openOutbox(t);
  await subscribe();
  await publish([undefined]);
  const { deliveries: claimed } = await claim();
  await db.querySystem((sql) => sql`update webhook_deliveries set status = 'cancelled'`);
  await recordOutcomes(
    db,
    claimed.map((one) => outcomeOf(one, 'failed')),
    circuit,
  );
  t.match(await deliveries(), [{ status: 'cancelled' }]);
});

t.test(
  'what somebody asked for while it was in flight begins anew when that try fails',
  async (t) => {
    const { db, subscribe, publish, claim, deliveries } = await openOutbox(t);
    await subscribe();
    await publish([undefined]);
    await db.querySystem((sql) => sql`update webhook_deliveries set tries = 5, attempts = 5`);
    const [last] = (await claim()).deliveries;
    if (!last) throw new Error('nothing was claimed');
    await db.querySystem(
      (sql) => sql`update webhook_deliveries set status = 'pending', tries = 0, trigger = 'manual'`,
    );
    await recordOutcomes(db, [outcomeOf(last, 'exhausted')], circuit);
    t.match(await deliveries(), [{ status: 'failed', attempts: 6, is_due: true, is_held: false }]);
    t.match((await claim()).deliveries, [{ tries: 1, attempt: 7, trigger: 'manual' }]);
  },
);

t.test('an outcome that is written twice is one attempt and one failure', async (t) => {
  const { db, subscribe, publish, claim } = await openOutbox(t);
  await subscribe();
  await publish([undefined]);
  const outcomes = (await claim()).deliveries.map((one) => outcomeOf(one, 'failed'));
  await recordOutcomes(db, outcomes, circuit);
  await recordOutcomes(db, outcomes, circuit);
  const counted = await db.querySystem<{ attempts: number; failures: number }>(
    (sql) => sql`select (select count(*) from webhook_attempts)::int as attempts,
      (select failures from webhook_failures) as failures`,
  );
  t.same(counted, [{ attempts: 1, failures: 1 }]);
});
