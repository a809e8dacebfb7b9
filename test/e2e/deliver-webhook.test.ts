import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startReceiver } from '@trellis/test/receiver';
import { backends } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import t, { type Test } from 'tap';

type Running = Awaited<ReturnType<typeof prepare>>;

async function prepare(t: Test, backend: (typeof backends)[number]) {
  const api = await startApi(t, { backend });
  await startWorker(t, api);
  const account = await signUp(api);
  /** The one delivery of a subscription, once it is no longer pending. */
  const tried = (webhookId: string, attempts = 1) =>
    eventually(
      async () => {
        const call = { token: account.token };
        const { body } = await api.request('GET', `/webhooks/${webhookId}/deliveries`, call);
        const [delivery] = body.data;
        if (!delivery?.statusCode && !delivery?.error) return undefined;
        const path = `/webhooks/${webhookId}/deliveries/${delivery.id}`;
        const details = (await api.request('GET', path, call)).body;
        return details.attemptList.length >= attempts && details;
      },
      { timeoutMs: 15_000 },
    );
  return { api, account, tried };
}

for (const backend of backends) {
  t.test(`an event is delivered (${backend})`, async (t) => {
    const running = await prepare(t, backend);
    await t.test('with a signature that the libraries of the field accept', (t) =>
      isSigned(t, running),
    );
    await t.test('again when the receiver fails, as the same message', (t) =>
      isRetried(t, running),
    );
    await t.test('to the URL of the subscription only: no redirect is followed', (t) =>
      isNotRedirected(t, running),
    );
  });
}

async function isSigned(t: Test, { api, account }: Running): Promise<void> {
  const receiver = await startReceiver(t);
  const { secret } = await subscribe(api, account, receiver.url, ['order.paid']);
  const id = await publish(api, account, 'order.paid', { total: 42, currency: '€' });
  const received = await eventually(() => receiver.received[0]);

  const headers = received.headers as Record<string, string>;
  t.match(received, { method: 'POST', path: '/hook', id });
  t.match(headers, {
    'content-type': 'application/json',
    'user-agent': /^Trellis\/\d/,
    'webhook-signature': /^v1,[A-Za-z0-9+/]{43}=$/,
  });
  const ageSeconds = Date.now() / 1_000 - Number(headers['webhook-timestamp']);
  t.ok(ageSeconds < 60, 'the timestamp is in seconds, of this attempt');
  t.match(JSON.parse(received.body), { type: 'order.paid', data: { total: 42, currency: '€' } });
  for (const Library of [StandardWebhook, SvixWebhook]) {
    t.doesNotThrow(() => new Library(secret).verify(received.body, headers));
    t.throws(() => new Library(secret).verify(`${received.body} `, headers));
    t.throws(() => new Library(`whsec_${'A'.repeat(43)}=`).verify(received.body, headers));
  }
}

async function isRetried(t: Test, { api, account, tried }: Running): Promise<void> {
  const answers = [
    { status: 500, body: 'not now' },
    { status: 200, body: 'thanks' },
  ];
  const receiver = await startReceiver(t, () => answers.shift() ?? 200);
  const { id, secret } = await subscribe(api, account, receiver.url, ['order.late']);
  const eventId = await publish(api, account, 'order.late');

  const failed = await tried(id);
  t.match(failed, { status: 'failed', attempts: 1, statusCode: 500, deliveredAt: null });
  const waitMs = Date.parse(failed.nextAttemptAt) - Date.parse(failed.attemptList[0].createdAt);
  t.ok(waitMs >= 3_900 && waitMs <= 6_100, `the next attempt in 5 s ± 20 %: ${waitMs} ms`);

  const delivered = await tried(id, 2);
  t.match(delivered, { status: 'delivered', attempts: 2, statusCode: 200, nextAttemptAt: null });
  t.match(delivered.attemptList, [
    { attempt: 1, statusCode: 500, errorClass: 'http_5xx', responseBody: 'not now' },
    { attempt: 2, statusCode: 200, errorClass: null, responseBody: 'thanks' },
  ]);
  const [first, second] = receiver.received;
  t.equal(receiver.received.length, 2);
  t.same([first?.id, second?.id], [eventId, eventId], 'the id is that of the event');
  t.equal(second?.body, first?.body, 'the body is the same, byte for byte');
  t.ok(
    Number(second?.headers['webhook-timestamp']) > Number(first?.headers['webhook-timestamp']),
    'the timestamp is that of the attempt',
  );
  t.equal(receiver.verified(secret), 2);
}

async function isNotRedirected(t: Test, { api, account, tried }: Running): Promise<void> {
  const target = await startReceiver(t);
  const receiver = await startReceiver(t, () => ({
    status: 307,
    headers: { location: target.url },
  }));
  const { id } = await subscribe(api, account, receiver.url, ['order.moved']);
  await publish(api, account, 'order.moved');
  const delivery = await tried(id);
  t.match(delivery, { status: 'failed', statusCode: 307, error: /redirect/ });
  t.match(delivery.attemptList, [{ errorClass: 'redirect' }]);
  t.equal(target.connections(), 0);
}
