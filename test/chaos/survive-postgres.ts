import { migrate } from '@trellis/db/migrate';
import { type Reply, seed } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { type PrivatePostgres, startPrivatePostgres } from '@trellis/test/private-postgres';
import {
  type ApiProcess,
  type AppProcess,
  startApiProcess,
  startWorkerProcess,
} from '@trellis/test/processes';
import { type Receiver, startReceiver } from '@trellis/test/receiver';
import { type Backend, testEnv } from '@trellis/test/settings';
import { type Account, password, signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import type { Test } from 'tap';

/** Every call is given up after 20 s, however many wait; the rest is room for a slow machine. */
const answerMsMax = 30_000;
/** Room for a slow machine. */
const backMsMax = 30_000;

interface Running {
  postgres: PrivatePostgres;
  receiver: Receiver;
  api: ApiProcess;
  worker: AppProcess;
  account: Account;
}

/** One file for each backend runs this: both together are too much for the time of one. */
export async function survivePostgres(t: Test, backend: Backend): Promise<void> {
  const running = await prepare(t, backend);
  const load = startLoad(running);
  await eventually(() => load.statuses.length > 100, { timeoutMs: backMsMax });
  await running.postgres.kill();
  await saysUnavailable(t, running);
  t.same(await load.stop(), [200, 202, 503], 'under load it was one or the other');
  await running.postgres.restart();
  await isBack(t, running);
}

async function prepare(t: Test, backend: Backend): Promise<Running> {
  const postgres = await startPrivatePostgres(t);
  const { database } = postgres;
  await migrate({ ...database, log: () => {} });
  await seed(database);
  const installation = { database, env: testEnv(database, backend) };
  const receiver = await startReceiver(t);
  const api = await startApiProcess(t, installation);
  const worker = await startWorkerProcess(t, installation);
  const account = await signUp(api);
  await subscribe(api, account, receiver.url);
  const before = await publish(api, account);
  await eventually(() => receiver.ids().has(before), { timeoutMs: backMsMax });
  return { postgres, receiver, api, worker, account };
}

const logIn = ({ api, account }: Running) =>
  api.request('POST', '/auth/login', { body: { email: account.user.email, password } });

async function saysUnavailable(t: Test, running: Running): Promise<void> {
  const { api, account } = running;
  const { token } = account;
  for (const call of [
    () => api.request('GET', '/webhooks', { token }),
    () => logIn(running),
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
}

async function isBack(t: Test, running: Running): Promise<void> {
  const { api, account, receiver, worker } = running;
  for (const works of [
    () => api.request('GET', '//health/ready'),
    () => api.request('GET', '/webhooks', { token: account.token }),
    () => logIn(running),
  ]) {
    await eventually(async () => (await works()).status === 200, { timeoutMs: backMsMax });
  }
  t.pass('it reads and writes again, without a restart');
  const after = await publish(api, account);
  await eventually(() => receiver.ids().has(after), { timeoutMs: backMsMax });
  t.pass('what is published now is delivered');
  const ready = await fetch(`http://127.0.0.1:${worker.port}/health/ready`);
  t.equal(ready.status, 200, 'the worker has come back by itself');
}

/** Reads and writes without a pause; `stop` answers the statuses that there were. */
function startLoad({ api, account: { token } }: Running) {
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
