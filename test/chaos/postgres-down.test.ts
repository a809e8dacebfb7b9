import { migrate } from '@trellis/db/migrate';
import { type Reply, seed } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startPrivatePostgres } from '@trellis/test/private-postgres';
import { type ApiProcess, startApiProcess, startWorkerProcess } from '@trellis/test/processes';
import { startReceiver } from '@trellis/test/receiver';
import { backends, testEnv } from '@trellis/test/settings';
import { password, signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import t, { type Test } from 'tap';

/** A connection is given up after 5 s; the rest is room for a slow machine. */
const answerMsMax = 8_000;

t.setTimeout(180_000);

for (const backend of backends) {
  t.test(`Postgres is killed, and comes back (${backend})`, async (t) => {
    const postgres = await startPrivatePostgres(t);
    const { database } = postgres;
    await migrate({ ...database, log: () => {} });
    await seed(database);
    const installation = { database, env: testEnv(database, backend) };
    const receiver = await startReceiver(t);
    const api = await startApiProcess(t, installation);
    const worker = await startWorkerProcess(t, installation);
    const account = await signUp(api);
    const { token } = account;
    await subscribe(api, account, receiver.url);
    const before = await publish(api, account);
    await eventually(() => receiver.ids().has(before));

    const load = startLoad(api, token);
    await eventually(() => load.statuses.length > 100);
    await postgres.kill();
    const login = { body: { email: account.user.email, password } };
    for (const call of [
      () => api.request('GET', '/webhooks', { token }),
      () => api.request('POST', '/auth/login', login),
      () => publishAgain(api, token),
      () => api.request('PATCH', '/tenant', { token, body: { name: 'Renamed' } }),
    ]) {
      await isUnavailable(t, call);
    }
    await Promise.all(
      Array.from({ length: 100 }, () => isUnavailable(t, () => publishAgain(api, token))),
    );
    t.equal((await api.request('GET', '//health/live')).status, 200, 'the process lives');
    t.equal((await api.request('GET', '//health/ready')).status, 503, 'and takes no requests');
    const health = await api.request('GET', '//health');
    t.equal(health.status, 503);
    t.match(health.body, {
      status: 'unhealthy',
      components: { database: { status: 'unhealthy' } },
    });

    t.same(await load.stop(), [200, 202, 503], 'under load it was one or the other');

    await postgres.restart();
    await eventually(async () => (await api.request('GET', '//health/ready')).status === 200, {
      timeoutMs: 15_000,
    });
    for (const works of [
      () => api.request('GET', '/webhooks', { token }),
      () => api.request('POST', '/auth/login', login),
    ]) {
      await eventually(async () => (await works()).status === 200, { timeoutMs: 15_000 });
    }
    t.pass('it reads and writes again, without a restart');
    const after = await publish(api, account);
    await eventually(() => receiver.ids().has(after), { timeoutMs: 20_000 });
    t.pass('what is published now is delivered');
    const ready = await fetch(`http://127.0.0.1:${worker.port}/health/ready`);
    t.equal(ready.status, 200, 'the worker has come back by itself');
  });
}

/** Reads and writes without a pause; `stop` answers the statuses that there were. */
function startLoad(api: ApiProcess, token: string) {
  const statuses: number[] = [];
  let open = true;
  const lane = async (number: number): Promise<void> => {
    while (open) {
      const { status } = await (number % 2
        ? publishAgain(api, token)
        : api.request('PATCH', '/tenant', { token, body: { name: `Name ${number}` } }));
      statuses.push(status);
    }
  };
  const lanes = Promise.all(Array.from({ length: 20 }, (_, number) => lane(number)));
  return {
    statuses,
    stop: async () => {
      open = false;
      await lanes;
      return [...new Set(statuses)].sort();
    },
  };
}

const publishAgain = (api: ApiProcess, token: string) =>
  api.request('POST', '/events', { token, body: { type: 'order.paid', data: 1 } });

async function isUnavailable(t: Test, call: () => Promise<Reply>): Promise<void> {
  const startedMs = performance.now();
  const { status, headers, body } = await call();
  const durationMs = Math.round(performance.now() - startedMs);
  t.match(
    { status, type: headers.get('content-type'), code: body?.code },
    { status: 503, type: 'application/problem+json', code: 'unavailable' },
  );
  t.match(headers.get('retry-after'), /^\d+$/);
  t.notMatch(
    JSON.stringify(body),
    /ECONN|127\.0\.0\.1|postgres/i,
    'it shows nothing of the inside',
  );
  t.ok(durationMs < answerMsMax, `it answers in time: ${durationMs} ms`);
}
