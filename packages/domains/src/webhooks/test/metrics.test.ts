import { createMetrics } from '@trellis/core/metrics';
import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { asSystem } from '@trellis/test/installation';
import { parseMetrics, readMetrics } from '@trellis/test/metrics';
import { startReceiver } from '@trellis/test/receiver';
import { type Account, signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t, { type Test } from 'tap';
import { collectBacklog } from '../pump/collect-backlog.ts';

/** As two other processes would see it now, one after the other. */
async function readBacklog({ app }: Api) {
  const metrics = createMetrics({ version: 'test' });
  collectBacklog({ db: app.platform.db, metrics });
  const samples = parseMetrics(await metrics.metrics());
  return {
    ageSeconds: samples.get('trellis_webhook_backlog_age_seconds') ?? Number.NaN,
    circuitsOpen: samples.get('trellis_webhook_circuits_open'),
  };
}

t.test('the backlog is as old as the oldest delivery that could be sent', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { id } = await subscribe(api, account, 'http://127.0.0.1:9/hook');
  t.same(await readBacklog(api), { ageSeconds: 0, circuitsOpen: 0 }, 'nothing waits');
  await publish(api, account);
  await publish(api, account);
  const alter = (text: string) => asSystem(api.database, (tx) => tx.sql.unsafe(text));

  await t.test('by when it was due, not by when it was made', async (t) => {
    await alter(`update webhook_deliveries set due_at = now() - interval '1 h'
      where id = (select id from webhook_deliveries order by id limit 1)`);
    const { ageSeconds } = await readBacklog(api);
    t.ok(ageSeconds >= 3_600 && ageSeconds < 4_200, `${ageSeconds} s`);
  });

  const excused: Record<string, [before: string, after: string]> = {
    'what a worker holds': [
      `update webhook_deliveries set leased_until = now() + interval '1 h'`,
      'update webhook_deliveries set leased_until = null',
    ],
    'what an open circuit holds back': [
      `insert into webhook_failures (webhook_id, tenant_id, failures, open_until)
        values ('${id}', '${account.tenant.id}', 5, now())`,
      'delete from webhook_failures',
    ],
    'what nobody wants at present': [
      'update webhooks set is_active = false',
      'update webhooks set is_active = true',
    ],
    'what is for later, or waits for another of its key': [
      `update webhook_deliveries set due_at = case when due_at < now() - interval '30 min'
        then 'infinity'::timestamptz else now() + interval '1 h' end`,
      `update webhook_deliveries set due_at = now() - interval '1 h'`,
    ],
  };
  for (const [what, [before, after]] of Object.entries(excused)) {
    await t.test(`without ${what}`, async (t) => {
      await alter(before);
      t.equal((await readBacklog(api)).ageSeconds, 0);
      await alter(after);
      t.ok((await readBacklog(api)).ageSeconds >= 3_600);
    });
  }

  await t.test('circuits are open until an attempt succeeds', async (t) => {
    const other = await subscribe(api, account, 'http://127.0.0.1:9/other');
    await alter(`insert into webhook_failures (webhook_id, tenant_id, failures, open_until)
      values ('${id}', '${account.tenant.id}', 5, now() - interval '1 h'),
        ('${other.id}', '${account.tenant.id}', 1, null)`);
    t.equal((await readBacklog(api)).circuitsOpen, 1);
  });
});

t.test('attempts are counted and timed', async (t) => {
  const api = await startApi(t);
  const worker = await startWorker(t, api, { WEBHOOK_RETRY_SECONDS: '1' });
  const account = await signUp(api);
  const read = async () => {
    const samples = await readMetrics(`http://127.0.0.1:${worker.port}`);
    return (name: string) => samples.get(`trellis_webhook_${name}`) ?? 0;
  };
  await t.test('one that arrives, and how soon its first byte left', (t) =>
    arrives(t, { api, account, read }),
  );
  await t.test('one that no connection led to has no first byte', (t) =>
    isRefused(t, { api, account, read }),
  );
});

interface Running {
  api: Api;
  account: Account;
  read(): Promise<(name: string) => number>;
}

async function arrives(t: Test, { api, account, read }: Running): Promise<void> {
  const answers = [500, 204];
  const receiver = await startReceiver(t, () => answers.shift() ?? 204);
  await subscribe(api, account, receiver.url, ['order.paid']);
  const startedMs = performance.now();
  await publish(api, account);
  const delivered = 'attempts_total{outcome="delivered",error_class="none"}';
  const sample = await eventually(async () => {
    const sample = await read();
    return sample(delivered) === 1 && sample;
  });
  const seconds = (performance.now() - startedMs) / 1_000;
  t.equal(sample('attempts_total{outcome="failed",error_class="http_5xx"}'), 1);
  t.equal(sample('attempt_duration_seconds_count'), 2);
  t.ok(sample('attempt_duration_seconds_sum') <= seconds);
  t.equal(sample('first_byte_seconds_count'), 1, 'a repeat says nothing of our speed');
  const firstByte = sample('first_byte_seconds_sum');
  t.ok(firstByte > 0 && firstByte <= seconds + 0.01, `${firstByte} s of ${seconds} s`);
}

async function isRefused(t: Test, { api, account, read }: Running): Promise<void> {
  const before = await read();
  await subscribe(api, account, 'http://127.0.0.1:9/hook', ['order.lost']);
  await publish(api, account, 'order.lost');
  const refused = 'attempts_total{outcome="failed",error_class="connection_refused"}';
  const sample = await eventually(async () => {
    const sample = await read();
    return sample(refused) > 0 && sample;
  });
  t.equal(sample('first_byte_seconds_count'), before('first_byte_seconds_count'));
}
