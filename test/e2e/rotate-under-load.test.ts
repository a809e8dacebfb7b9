import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { setPlan } from '@trellis/test/installation';
import { type Received, startReceiver } from '@trellis/test/receiver';
import { signUp } from '@trellis/test/sign-up';
import { publishMany, subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import { Webhook } from 'standardwebhooks';
import t, { type Test } from 'tap';

const eventCount = 2_000;
const rotations = 3;
const overlapSeconds = 3_600;
const failureRatio = 0.2;
/** Fewer than the attempts that a delivery has, so that none is given up by chance. */
const failuresMax = 4;
const retrySeconds = '1,1,1,1,1,1';
const timeoutMs = 120_000;

/** A receiver that knows one secret at a time, and fails now and then for no reason. */
async function startVerifier(t: Test) {
  let webhook: Webhook | undefined;
  const failures = new Map<string, number>();
  const accepted = new Set<string>();
  const refused: Received[] = [];
  const receiver = await startReceiver(t, (received) => {
    const { id, body } = received;
    const failed = failures.get(id) ?? 0;
    if (failed < failuresMax && Math.random() < failureRatio) {
      failures.set(id, failed + 1);
      return 500;
    }
    try {
      webhook?.verify(body, received.headers as Record<string, string>);
    } catch {
      refused.push(received);
      return 401;
    }
    accepted.add(id);
    return 204;
  });
  return {
    ...receiver,
    accepted,
    refused,
    failures,
    trust(secret: string) {
      webhook = new Webhook(secret);
    },
  };
}

const signatures = ({ headers }: Received) =>
  String(headers['webhook-signature']).split(' ').length;

t.test('secrets are rotated under load, and no receiver misses an event', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  await setPlan(api.database, account.tenant.id, 'enterprise');
  const [oldest, newest] = await Promise.all([startVerifier(t), startVerifier(t)]);
  const subscriptions = await Promise.all(
    [oldest, newest].map(async (receiver) => {
      const { id, secret } = await subscribe(api, account, receiver.url);
      receiver.trust(secret);
      return { id, receiver };
    }),
  );
  await startWorker(t, api, { WEBHOOK_RETRY_SECONDS: retrySeconds });

  const publishing = publishMany(api, account, eventCount, 8);
  for (let count = 1; count <= rotations; count++) {
    const threshold = (eventCount * count) / (rotations + 1);
    await eventually(() => newest.accepted.size >= threshold, { timeoutMs });
    for (const { id, receiver } of subscriptions) {
      const path = `/webhooks/${id}/secret/rotate`;
      const { status, body } = await api.request('POST', path, {
        token: account.token,
        body: { overlapSeconds },
      });
      t.equal(status, 200);
      if (receiver === newest) receiver.trust(body.secret);
    }
  }
  const ids = await publishing;
  for (const { accepted } of [oldest, newest]) {
    await eventually(() => accepted.size >= eventCount, { timeoutMs });
    t.same(new Set(ids).symmetricDifference(accepted).size, 0, 'each event was accepted');
  }

  t.equal(oldest.refused.length, 0, 'the first secret verifies until its overlap ends');
  // A worker signs with what it read a moment before; the next attempt has the new secret.
  t.ok(newest.refused.length < eventCount / 10, `${newest.refused.length} were refused at first`);
  for (const { received, failures } of [oldest, newest]) {
    t.ok(failures.size > 100, `${failures.size} events failed by chance and were sent again`);
    const counts = new Set(received.map(signatures));
    t.same([...counts].sort(), [1, 2, 3, 4], 'one signature more for each secret that is valid');
  }
});
