import { setTimeout as wait } from 'node:timers/promises';
import { eventually } from '@trellis/test/eventually';
import {
  asSystem,
  createInstallation,
  type Installation,
  setPlan,
} from '@trellis/test/installation';
import { type ApiProcess, startApiProcess, startWorkerProcess } from '@trellis/test/processes';
import { startReceiver } from '@trellis/test/receiver';
import { backends } from '@trellis/test/settings';
import { type Account, signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import t, { type Test } from 'tap';

const eventsPerKey = 100;
const keys = Array.from({ length: 100 }, (_, index) => `order ${index}`);
/** Of this key the first event is refused for as long as the test goes on. */
const blocked = 'blocked';
const blockedCount = 10;
const unkeyedCount = 200;
const failureRatio = 0.1;
const retries = 10;
/** Room for a slow machine that does other work; it takes a tenth of it. */
const boundMs = 300_000;

t.setTimeout(boundMs + 60_000);

/** What each event says of itself: its ordering key, and its place in it from 1 on. */
interface Place {
  key: string | null;
  number: number;
}

const placeOf = ({ body }: { body: string }): Place => JSON.parse(body).data;

/**
 * Judges each request when it arrives: all before it have to be done, and it itself not yet. The
 * answer takes a moment, so that what comes too early is seen beside what is in flight.
 */
async function startJudge(t: Test, fails: (place: Place) => boolean) {
  const done = new Map<string, number>();
  const doneOf = (key: string) => done.get(key) ?? 0;
  const inversions: string[] = [];
  let failures = 0;
  let unkeyed = 0;
  const { url, received } = await startReceiver(t, async (request) => {
    const place = placeOf(request);
    const { key, number } = place;
    if (key !== null && number !== doneOf(key) + 1) {
      inversions.push(`${number} of ${key} came when ${doneOf(key)} was done`);
    }
    await wait(Math.random() * 5);
    if (fails(place)) {
      failures++;
      return 500;
    }
    if (key === null) unkeyed++;
    else done.set(key, Math.max(number, doneOf(key)));
    return 204;
  });
  return { url, received, inversions, doneOf, failures: () => failures, unkeyed: () => unkeyed };
}

type Judge = Awaited<ReturnType<typeof startJudge>>;

/** One after another, as the order is that of the commits. */
async function publishKey(
  api: ApiProcess,
  { token }: Account,
  key: string,
  count: number,
): Promise<void> {
  for (let number = 1; number <= count; number++) {
    const body = { type: 'order.paid', data: { key, number }, orderingKey: key };
    const reply = await api.request('POST', '/events', { token, body });
    if (reply.status !== 202) throw new Error(`publishing answered ${reply.status}`);
  }
}

async function publishUnkeyed(api: ApiProcess, account: Account): Promise<void> {
  for (let number = 1; number <= unkeyedCount; number++) {
    await publish(api, account, 'order.paid', { key: null, number });
  }
}

const hasAll = ({ doneOf, unkeyed }: Judge) =>
  keys.every((key) => doneOf(key) === eventsPerKey) && unkeyed() === unkeyedCount;

t.test('events of one ordering key arrive in order', async (t) => {
  const installation = await createInstallation(t, backends[0] ?? 'postgres', {
    WEBHOOK_RETRY_SECONDS: Array(retries).fill('1').join(),
  });
  const api = await startApiProcess(t, installation);
  await Promise.all([1, 2].map(() => startWorkerProcess(t, installation)));
  await Promise.all([holdsUnderLoad(t, installation, api), letsNextGo(t, installation, api)]);
});

/** Two workers, 10,000 events of 100 keys, and one attempt in ten fails. */
async function holdsUnderLoad(t: Test, { database }: Installation, api: ApiProcess) {
  const account = await signUp(api);
  // With its long tail, so that what fails for ever is not given up meanwhile.
  await setPlan(database, account.tenant.id, 'enterprise');
  const failing = await startJudge(t, ({ key, number }) =>
    key === blocked ? number === 1 : Math.random() < failureRatio,
  );
  const other = await startJudge(t, () => false);
  await subscribe(api, account, failing.url);
  await subscribe(api, account, other.url);
  await publishKey(api, account, blocked, blockedCount);
  await Promise.all([
    ...keys.map((key) => publishKey(api, account, key, eventsPerKey)),
    publishUnkeyed(api, account),
  ]);
  await eventually(() => hasAll(failing) && hasAll(other), { timeoutMs: boundMs });
  await eventually(() => other.doneOf(blocked) === blockedCount);

  t.same(failing.inversions, [], 'nothing comes before what is ahead of it is done, nor again');
  t.same(other.inversions, []);
  const eventCount = keys.length * eventsPerKey + blockedCount + unkeyedCount;
  t.equal(other.received.length, eventCount, 'two workers send nothing twice');
  t.ok(failing.failures() > (failureRatio / 2) * keys.length * eventsPerKey, 'it failed as meant');
  t.equal(failing.doneOf(blocked), 0, 'one key stood still, and held up neither the others');
  t.equal(other.doneOf(blocked), blockedCount, 'nor itself at another endpoint');

  await asSystem(
    database,
    (tx) => tx.sql`
      delete from webhook_deliveries where ordering_key = ${blocked} and status = 'failed'`,
  );
  await eventually(() => failing.doneOf(blocked) === blockedCount, { timeoutMs: 30_000 });
  t.pass('when the one that is refused has been deleted, its key goes on');
}

/** Of a tenant whose plan has no long tail. */
async function letsNextGo(t: Test, { database }: Installation, api: ApiProcess) {
  const account = await signUp(api, 'Free');
  const receiver = await startReceiver(t, (request) => (placeOf(request).number === 1 ? 500 : 204));
  const { id } = await subscribe(api, account, receiver.url);
  await publishKey(api, account, 'order', 3);
  await eventually(() => receiver.received.some((one) => placeOf(one).number === 3), {
    timeoutMs: boundMs,
  });
  t.same(
    receiver.received.map((one) => placeOf(one).number),
    [...Array(retries + 1).fill(1), 2, 3],
    'one that is given up lets the next go',
  );
  const statuses = () =>
    asSystem(
      database,
      (tx) => tx.sql`select status from webhook_deliveries where webhook_id = ${id}
        order by position`,
    );
  await eventually(async () => (await statuses())[2]?.status === 'delivered');
  t.same(
    (await statuses()).map(({ status }) => status),
    ['exhausted', 'delivered', 'delivered'],
  );
}
