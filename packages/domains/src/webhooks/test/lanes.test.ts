import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import type { ClaimedDelivery } from '../pump/claim.ts';
import { createLanes } from '../pump/lanes.ts';

const limits = { total: 20, perTenant: 20, perWebhook: 10, waitMsMax: 5_000 };
let count = 0;

function deliveryOf(webhookId: string, tenantId = `tenant of ${webhookId}`): ClaimedDelivery {
  const id = String(count++);
  return {
    id,
    tenant_id: tenantId,
    webhook_id: webhookId,
    event_id: id,
    ordering_key: null,
    trigger: 'automatic',
    attempt: 1,
    tries: 1,
    lease: '',
    age_ms: 0,
    claimedMs: 0,
    is_probe: false,
    url: '',
    secret: '',
    previous_secrets: [],
    headers: [],
    payload: '',
    retry_tail: false,
    failure_days: 5,
  };
}

type Lanes = ReturnType<typeof createLanes>;

/** Adds this many; answers how many were taken in. */
function fill(lanes: Lanes, webhookId: string, size: number): number {
  return Array.from({ length: size }, () => lanes.add(deliveryOf(webhookId))).filter(Boolean)
    .length;
}

function takeAll(lanes: Lanes): ClaimedDelivery[] {
  const taken: ClaimedDelivery[] = [];
  for (let next = lanes.take(); next; next = lanes.take()) taken.push(next);
  return taken;
}

/** Lets a subscription answer once, in this time. */
function answer(lanes: Lanes, webhookId: string, durationMs: number): void {
  lanes.add(deliveryOf(webhookId));
  const taken = lanes.take();
  if (taken) lanes.end(taken, durationMs);
}

t.test('a subscription that has not answered yet may send two and hold ten', async (t) => {
  const lanes = createLanes(limits);
  t.equal(fill(lanes, 'new', 30), 10);
  t.equal(takeAll(lanes).length, 2);
  t.equal(lanes.shares().heldByWebhook.get('new'), limits.perWebhook, 'a claim brings no more');
});

t.test('one that answers fast gets its share, and is claimed ahead', async (t) => {
  const lanes = createLanes(limits);
  answer(lanes, 'fast', 5);
  t.equal(fill(lanes, 'fast', 30), 30);
  t.equal(takeAll(lanes).length, limits.perWebhook);
  t.ok((lanes.shares().heldByWebhook.get('fast') ?? 0) < 0);
});

t.test('the slow ones share half of all places', async (t) => {
  const lanes = createLanes(limits);
  for (const id of ['slow 1', 'slow 2', 'slow 3']) answer(lanes, id, 15_000);
  answer(lanes, 'fast', 5);
  for (const id of ['slow 1', 'slow 2', 'slow 3', 'fast']) fill(lanes, id, 20);
  const taken = takeAll(lanes);
  const slow = taken.filter(({ webhook_id }) => webhook_id.startsWith('slow'));
  t.equal(slow.length, limits.total / 2);
  t.equal(taken.length - slow.length, limits.perWebhook, 'the fast one has all of its share');
  t.equal(lanes.shares().slowFree, 0, 'a claim brings no more');
});

t.test('a fast one that falls silent is slow, and gives back what it holds too much', async (t) => {
  const lanes = createLanes(limits);
  answer(lanes, 'silent', 5);
  fill(lanes, 'silent', 30);
  t.equal(takeAll(lanes).length, 10);
  t.equal(lanes.giveUp(60_000).length, 0);
  await wait(300);
  t.equal(lanes.giveUp(60_000).length, 20);
  t.equal(lanes.held, 10);
});

t.test('subscriptions take turns', async (t) => {
  const lanes = createLanes(limits);
  for (const id of ['a', 'b']) answer(lanes, id, 5);
  for (const id of ['a', 'b']) fill(lanes, id, 3);
  t.same(
    takeAll(lanes).map(({ webhook_id }) => webhook_id),
    ['a', 'b', 'a', 'b', 'a', 'b'],
  );
});

t.test('what has waited too long is given up, and at the end everything', async (t) => {
  const lanes = createLanes(limits);
  fill(lanes, 'new', 5);
  t.equal(lanes.giveUp(60_000).length, 0);
  t.equal(lanes.giveUp(0).length, 5);
  t.equal(lanes.held, 0);
});

t.test('however many are new or slow, the fast ones keep places', async (t) => {
  const lanes = createLanes(limits);
  answer(lanes, 'fast', 5);
  for (let number = 0; number < limits.total; number++) fill(lanes, `new ${number}`, 2);
  const taken = takeAll(lanes).length;
  t.ok(taken < limits.total, `${taken} of ${limits.total}`);
  t.equal(fill(lanes, 'fast', 5), 5);
  t.ok(takeAll(lanes).some(({ webhook_id }) => webhook_id === 'fast'));
});
