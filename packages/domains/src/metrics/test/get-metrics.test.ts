import { type Api, startApi } from '@trellis/test/api';
import { createTestDatabase } from '@trellis/test/database';
import { asSystem } from '@trellis/test/installation';
import { parseMetrics, readMetrics } from '@trellis/test/metrics';
import { startProxy } from '@trellis/test/proxy';
import { signUp } from '@trellis/test/sign-up';
import t, { type Test } from 'tap';

const token = 'a-token-of-the-metrics';
const bearer = (text: string) => ({ headers: { authorization: `Bearer ${text}` } });
/** Nothing listens there. */
const nowhere = 'postgres://nobody@127.0.0.1:9/none';

t.test('GET /metrics without METRICS_TOKEN', async (t) => {
  const api = await startApi(t);

  await t.test('200 to the machine itself, in the format of Prometheus', async (t) => {
    const { status, headers, body } = await api.request('GET', '//metrics');
    t.equal(status, 200);
    t.equal(headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    t.equal(headers.get('cache-control'), 'no-store');
    t.match(body, /^trellis_build_info\{version="\d+\.\d+\.\d+"\} 1$/m);
    const samples = parseMetrics(body);
    t.ok(Number(samples.get('process_resident_memory_bytes')) > 1_000_000);
    t.equal(samples.get('trellis_dependency_up{name="database"}'), 1);
    t.notOk(samples.has('trellis_dependency_up{name="redis"}'), 'there is none to be up');
  });

  await t.test('403 to what came by way of a proxy', async (t) => {
    for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via']) {
      const reply = await api.request('GET', '//metrics', { headers: { [name]: 'for=127.0.0.1' } });
      t.match(reply, { status: 403, body: { code: 'metrics_local_only' } }, name);
      t.match(reply.body.detail, /METRICS_TOKEN/);
    }
  });

  await t.test('requests count by route, method and status, never by URL', (t) =>
    countsRequests(t, api),
  );
  await t.test('jobs count by queue', (t) => countsJobs(t, api));
});

async function countsRequests(t: Test, api: Api): Promise<void> {
  const { token } = await signUp(api);
  const id = '0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10';
  const before = await readMetrics(api.url);
  await api.request('GET', `/users/${id}`, { token });
  await api.request('GET', '//no/such/route');
  await api.request('GET', '//no/such/way');
  const after = await readMetrics(api.url);
  const added = (labels: string) => {
    const name = `trellis_http_request_duration_seconds_count{${labels}}`;
    return (after.get(name) ?? 0) - (before.get(name) ?? 0);
  };
  t.equal(added('method="GET",route="/api/v1/users/:id",status="404"'), 1);
  t.equal(added('method="GET",route="none",status="404"'), 2);
  const names = [...after.keys()].join('\n');
  t.notMatch(names, id);
  t.notMatch(names, '/no/such');
}

async function countsJobs(t: Test, api: Api): Promise<void> {
  await asSystem(api.database, async (tx) => {
    await tx.sql`delete from jobs`;
    await tx.sql`
      insert into jobs (id, queue, name, payload, run_at, failed_at)
      values (gen_random_uuid(), 'email', 'a.job', '{}', now(), null),
        (gen_random_uuid(), 'email', 'a.job', '{}', now(), null),
        (gen_random_uuid(), 'email', 'for.later', '{}', now() + interval '1 h', null),
        (gen_random_uuid(), 'cleanup', 'a.job', '{}', now(), now())`;
  });
  // This one keeps for a while what it has read, so another is asked.
  const other = await startApi(t, { beside: api });
  const samples = await readMetrics(other.url);
  t.equal(samples.get('trellis_jobs_waiting{queue="email"}'), 2, 'what is for later does not wait');
  t.equal(samples.get('trellis_jobs_waiting{queue="cleanup"}'), 0);
  t.equal(samples.get('trellis_jobs_failed{queue="cleanup"}'), 1);
  t.equal(samples.get('trellis_jobs_failed{queue="email"}'), 0);
}

t.test('GET /metrics with METRICS_TOKEN', async (t) => {
  const api = await startApi(t, { env: { METRICS_TOKEN: token } });

  await t.test('200 with it, by way of a proxy too', async (t) => {
    const headers = { ...bearer(token).headers, 'x-forwarded-for': '203.0.113.9' };
    const { status, body } = await api.request('GET', '//metrics', { headers });
    t.equal(status, 200);
    t.match(body, 'trellis_build_info');
  });

  await t.test('401 without it, and with any other credential', async (t) => {
    const account = await signUp(api);
    const calls = {
      none: {},
      another: bearer(`${token}s`),
      shorter: bearer(token.slice(1)),
      'an access token': bearer(account.token),
      'another scheme': { headers: { authorization: `Basic ${token}` } },
    };
    for (const [which, call] of Object.entries(calls)) {
      const reply = await api.request('GET', '//metrics', call);
      t.match(reply, { status: 401, body: { code: 'metrics_token_required' } }, which);
      t.match(reply.headers.get('www-authenticate'), /^Bearer /);
      t.notMatch(JSON.stringify(reply.body), token);
    }
  });
});

t.test('GET /metrics goes on while the parts are away', async (t) => {
  await t.test('Postgres and Redis refuse', async (t) => {
    const api = await startApi(t, {
      env: { DATABASE_URL: nowhere, REDIS_URL: 'redis://127.0.0.1:9' },
    });
    const samples = await readMetrics(api.url);
    t.equal(samples.get('trellis_dependency_up{name="database"}'), 0);
    t.equal(samples.get('trellis_dependency_up{name="redis"}'), 0);
    t.notOk(samples.has('trellis_jobs_waiting{queue="email"}'), 'what is not known is left out');
    t.ok(samples.has('process_cpu_seconds_total'));
  });

  await t.test('Postgres takes connections and answers nothing', async (t) => {
    const database = await createTestDatabase(t);
    const proxy = await startProxy(t, database.appUrl);
    const api = await startApi(t, { env: { DATABASE_URL: proxy.url } });
    proxy.freeze();
    const startedMs = performance.now();
    const samples = await readMetrics(api.url);
    const durationMs = Math.round(performance.now() - startedMs);
    t.ok(durationMs < 10_000, `before Prometheus gives up: ${durationMs} ms`);
    t.equal(samples.get('trellis_dependency_up{name="database"}'), 0);
    t.notOk(samples.has('trellis_jobs_waiting{queue="email"}'));
    proxy.thaw();
  });
});
