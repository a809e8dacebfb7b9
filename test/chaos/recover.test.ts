import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDelivery } from '@trellis/test/collect-delivery';
import { eventually } from '@trellis/test/eventually';
import { asSystem, createInstallation, setPlan } from '@trellis/test/installation';
import { startApiProcess, startWorkerProcess } from '@trellis/test/processes';
import { type Backend, backends } from '@trellis/test/settings';
import { type Account, signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import t, { type Test } from 'tap';

const boundMs = 300_000;
/** As many statements make the rows, each within its time limit. */
const rowsPerStatement = 20_000;

t.setTimeout(2 * boundMs);

const count = 100_000;
// With one backend, as the queue brings nothing but the job: its pages are Postgres' affair.
for (const backend of backends.slice(0, 1)) {
  const title = 'what failed is queued again once each when a worker is killed';
  t.test(`${title} (${backend})`, async (t) => {
    const { installation, api, account, receiver, webhookId } = await prepare(t, backend);
    const { database } = installation;
    await addExhausted(database, account, webhookId, count);
    const path = `/webhooks/${webhookId}`;
    const ask = (dryRun: boolean) =>
      api.request('POST', `${path}/recover`, {
        token: account.token,
        body: { since: '2020-01-01T00:00:00Z', status: 'failed', dryRun },
      });
    t.same((await ask(true)).body, { count, isCapped: false }, 'the dry run counts them');

    let worker = await startWorkerProcess(t, installation);
    const { body: started } = await ask(false);
    const show = async () => {
      const call = { token: account.token };
      return (await api.request('GET', `${path}/recoveries/${started.id}`, call)).body;
    };
    await eventually(async () => (await show()).queued >= count / 5, { timeoutMs: 60_000 });
    const { signal } = await worker.kill('SIGKILL');
    const killed = await show();
    t.equal(signal, 'SIGKILL');
    t.match(killed, { status: 'running', total: count, finishedAt: null });
    t.ok(killed.queued < count, `killed after ${killed.queued} were queued`);
    worker = await startWorkerProcess(t, installation);

    await eventually(async () => (await show()).status === 'completed', { timeoutMs: boundMs });
    t.match(await show(), { total: count, queued: count }, 'what the dry run counted');
    await eventually(async () => (await undelivered(database)) === 0, {
      timeoutMs: boundMs,
      intervalMs: 1_000,
    });
    t.equal(receiver.ids.size, count, 'every event arrives');
    t.same(await recoveries(database), { attempts: count, deliveries: count });
    t.comment(`${receiver.requests() - count} arrived more than once`);
  });
}

async function prepare(t: Test, backend: Backend) {
  const installation = await createInstallation(t, backend);
  const receiver = await countRequests(t);
  const api = await startApiProcess(t, installation);
  const account = await signUp(api);
  await setPlan(installation.database, account.tenant.id, 'enterprise');
  const { id: webhookId } = await subscribe(api, account, receiver.url);
  return { installation, api, account, receiver, webhookId };
}

/** Answers at once and keeps only the ids: that of all tests keeps whole requests. */
async function countRequests(t: Pick<Test, 'teardown'>) {
  const ids = new Set<string>();
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    ids.add(String(request.headers['webhook-id']));
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      collectDelivery(request, Buffer.concat(chunks));
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.teardown(() => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    return closed;
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, ids, requests: () => requests };
}

async function addExhausted(
  database: { appUrl: string },
  { tenant }: Account,
  webhookId: string,
  count: number,
): Promise<void> {
  for (let made = 0; made < count; made += rowsPerStatement) {
    await asSystem(
      database,
      ({ sql }) => sql`
        with made as (
          insert into events (id, tenant_id, type, payload, deliveries)
          select trellis_uuid(), ${tenant.id}, 'order.paid', '{"data":{"number":' || n || '}}', 1
          from generate_series(1, ${Math.min(rowsPerStatement, count - made)}::int) n
          returning id
        )
        insert into webhook_deliveries
          (id, tenant_id, webhook_id, event_id, event_type, status, attempts, tries)
        select trellis_uuid(), ${tenant.id}, ${webhookId}, id, 'order.paid', 'exhausted', 6, 6
        from made`,
    );
  }
}

async function undelivered(database: { appUrl: string }): Promise<number> {
  const [row] = await asSystem(
    database,
    ({ sql }) => sql<{ open: number }[]>`
      select count(*)::int as open from webhook_deliveries where status <> 'delivered'`,
  );
  return row?.open ?? -1;
}

/** A delivery that is queued again has one attempt that says so, whatever comes of it. */
async function recoveries(database: { appUrl: string }) {
  const [row] = await asSystem(
    database,
    ({ sql }) => sql<{ attempts: number; deliveries: number }[]>`
      select count(*)::int as attempts, count(distinct delivery_id)::int as deliveries
      from webhook_attempts where trigger = 'recovery'`,
  );
  return row;
}
