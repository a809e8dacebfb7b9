import { setTimeout as wait } from 'node:timers/promises';
import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { setPlan } from '@trellis/test/installation';
import { startReceiver } from '@trellis/test/receiver';
import { signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';

const endpoints = 30;
const events = 6;
/** Longer than what counts as fast. */
const answerMs = 400;

t.test('slow endpoints share their places: none is far ahead of another', async (t) => {
  const receiver = await startReceiver(t, async () => {
    await wait(answerMs);
    return 204;
  });
  const api = await startApi(t);
  const account = await signUp(api);
  await setPlan(api.database, account.tenant.id, 'enterprise');
  for (let number = 0; number < endpoints; number++) {
    await subscribe(api, account, `${receiver.url}/${number}`, ['order.paid']);
  }
  for (let number = 0; number < events; number++) await publish(api, account);
  await startWorker(t, api, {
    WEBHOOK_CONCURRENCY: '20',
    WEBHOOK_CONCURRENCY_PER_TENANT: '20',
    WEBHOOK_CONCURRENCY_PER_ENDPOINT: '10',
  });
  await eventually(() => receiver.received.length >= endpoints * events, { timeoutMs: 60_000 });

  const counts = new Map<string, number>();
  let apart = 0;
  for (const { path } of receiver.received) {
    counts.set(path, (counts.get(path) ?? 0) + 1);
    const least = counts.size < endpoints ? 0 : Math.min(...counts.values());
    apart = Math.max(apart, Math.max(...counts.values()) - least);
  }
  t.equal(counts.size, endpoints);
  t.ok(apart <= 4, `at most ${apart} apart`);
});
