import { createTestDatabase, type TestDatabase } from '@trellis/test/database';
import { eventually } from '@trellis/test/eventually';
import { asSystem } from '@trellis/test/installation';
import { readMetrics } from '@trellis/test/metrics';
import { type TestEnv, testEnv, workerSettingsOf } from '@trellis/test/settings';
import { startWorker } from '@trellis/test/worker';
import t, { type Test } from 'tap';
import { startWorker as startWith } from '../app.ts';

const token = 'a-token-of-the-metrics';
/** Nothing listens there. */
const nowhere = 'postgres://nobody@127.0.0.1:9/none';

async function start(t: Test, overrides: TestEnv = {}) {
  const database = await createTestDatabase(t);
  const worker = await startWorker(t, { env: testEnv(database) }, overrides);
  const url = `http://127.0.0.1:${worker.port}`;
  const ask = async (headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/metrics`, { headers });
    return { response, body: await response.text() };
  };
  return { url, ask };
}

t.test('GET /metrics of the worker without METRICS_TOKEN', async (t) => {
  const { url, ask } = await start(t);

  await t.test('200 to the machine itself, in the format of Prometheus', async (t) => {
    const { response, body } = await ask();
    t.equal(response.status, 200);
    t.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    t.match(body, /^trellis_build_info\{version="\d+\.\d+\.\d+"\} 1$/m);
    const samples = await readMetrics(url);
    t.equal(samples.get('trellis_dependency_up{name="database"}'), 1);
    t.equal(samples.get('trellis_webhook_backlog_age_seconds'), 0);
    t.equal(samples.get('trellis_webhook_circuits_open'), 0);
    t.equal(samples.get('trellis_webhook_in_flight'), 0);
  });

  await t.test('403 to what came by way of a proxy', async (t) => {
    const { response, body } = await ask({ forwarded: 'for=127.0.0.1' });
    t.equal(response.status, 403);
    t.equal(response.headers.get('content-type'), 'application/problem+json');
    t.match(JSON.parse(body), { status: 403, code: 'metrics_local_only', instance: '/metrics' });
    t.match(JSON.parse(body).detail, /METRICS_TOKEN/);
  });
});

t.test('the port of the worker is for reading alone', async (t) => {
  const { url } = await start(t);
  for (const path of ['/metrics', '/health/live', '/health/ready']) {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const response = await fetch(url + path, { method });
      t.equal(response.status, 405, `${method} ${path}`);
      t.equal(response.headers.get('allow'), 'GET, HEAD');
    }
    for (const method of ['GET', 'HEAD']) {
      t.equal((await fetch(url + path, { method })).status, 200, `${method} ${path}`);
    }
  }
  t.equal((await fetch(`${url}/other`, { method: 'POST' })).status, 404);
});

t.test('GET /metrics of the worker with METRICS_TOKEN', async (t) => {
  const { ask } = await start(t, { METRICS_TOKEN: token });

  await t.test('200 with it', async (t) => {
    const { response, body } = await ask({ authorization: `Bearer ${token}` });
    t.equal(response.status, 200);
    t.match(body, 'trellis_build_info');
  });

  await t.test('401 without it, and with another', async (t) => {
    for (const credential of [undefined, `Bearer ${token}s`, `Basic ${token}`]) {
      const { response, body } = await ask(credential ? { authorization: credential } : {});
      t.equal(response.status, 401);
      t.match(response.headers.get('www-authenticate'), /^Bearer /);
      t.match(JSON.parse(body), { status: 401, code: 'metrics_token_required' });
    }
  });
});

t.test('GET /metrics of the worker goes on while Postgres is away', async (t) => {
  const { url } = await start(t, { DATABASE_URL: nowhere });
  const samples = await readMetrics(url);
  t.equal(samples.get('trellis_dependency_up{name="database"}'), 0);
  t.equal(samples.get('trellis_webhook_in_flight'), 0);
  t.notOk(samples.has('trellis_webhook_backlog_age_seconds'), 'what is not known is left out');
  t.notOk(samples.has('trellis_jobs_waiting{queue="email"}'));
});

/** A domain with a job that is done and one that fails. */
const domain = {
  'jobs.ts': `import { Type } from '@sinclair/typebox';
    import { defineJob } from '@trellis/queue/define-job';
    const letter = (name) => defineJob({ name, queue: 'email', payload: Type.Object({}), attempts: 1 });
    export const send = letter('letters.send');
    export const lose = letter('letters.lose');`,
  'worker.ts': `import { handleJob } from '@trellis/queue/define-job';
    import { lose, send } from './jobs.ts';
    const handlers = [
      handleJob(send, async () => {}),
      handleJob(lose, async () => { throw new Error('lost'); }),
    ];
    export default () => ({ handlers });`,
};

const enqueue = (database: TestDatabase, names: string[]) =>
  asSystem(
    database,
    (tx) => tx.sql`
      insert into jobs (id, queue, name, payload)
      select gen_random_uuid(), 'email', name, '{}' from unnest(${names}::text[]) as name`,
  );

t.test('each try of a job is measured, by how it ended', async (t) => {
  const database = await createTestDatabase(t);
  await enqueue(database, ['letters.send', 'letters.send', 'letters.lose']);
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const domains = t.testdir({ letters: domain });
  const worker = await startWith(workerSettingsOf(testEnv(database)), { log, domains });
  t.teardown(() => worker.stop());
  const triesOf = async (job: string, outcome: string) => {
    const samples = await readMetrics(`http://127.0.0.1:${worker.port}`);
    return samples.get(`trellis_job_duration_seconds_count{job="${job}",outcome="${outcome}"}`);
  };
  await eventually(async () => (await triesOf('letters.send', 'done')) === 2);
  await eventually(async () => (await triesOf('letters.lose', 'failed')) === 1);
  t.equal(await triesOf('letters.send', 'failed'), undefined);
});
