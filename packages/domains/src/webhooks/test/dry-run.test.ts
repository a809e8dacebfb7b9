import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { clientLeft } from '@trellis/http/client-left';
import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import fastify from 'fastify';
import t, { type Test } from 'tap';
import { createDryRun } from '../recovery/dry-run.ts';
import { addDeliveries } from './add-deliveries.ts';
import { lockDeliveries, longAgo, recover } from './recovery.ts';
import { isProblem } from './refusals.ts';

const url = 'http://127.0.0.1:9/hook';

async function prepare(t: Test, count: number) {
  const api = await startApi(t);
  const account = await signUp(api);
  const { id: webhookId } = await subscribe(api, account, url);
  await addDeliveries(api.database, { account, webhookId, status: 'exhausted', count });
  const call: CallContext = {
    tenantId: account.tenant.id,
    actor: { type: 'user', id: account.user.id },
    permissions: new Set(),
    sessionId: null,
    requestId: 'dry-run',
    ip: null,
    userAgent: null,
  };
  return { api, account, webhookId, call };
}

const asked = { since: longAgo, status: 'failed', dryRun: true } as const;
const stays = new AbortController().signal;

t.test('a count stops behind as many rows as it may look at, and says so', async (t) => {
  const { api, webhookId, call } = await prepare(t, 25);
  const count = (seenMax: number) =>
    createDryRun(api.app.platform, { rowsMax: 5, seenMax })(call, webhookId, asked, stays);
  t.same(await count(20), { count: 20, isCapped: true });
  t.same(await count(40), { count: 25, isCapped: false });
});

t.test('a count ends when its caller is gone, and lets in the next', async (t) => {
  const { api, webhookId, call } = await prepare(t, 25);
  const run = createDryRun(api.app.platform);
  const left = AbortSignal.abort(commonErrors.bad_request('gone'));
  await t.rejects(run(call, webhookId, asked, left), { code: 'bad_request' });
  t.same(await run(call, webhookId, asked, stays), { count: 25, isCapped: false });
});

t.test('409: a tenant has one dry run at a time', async (t) => {
  const { api, account, webhookId } = await prepare(t, 3);
  const other = await signUp(api, 'Other');
  const { id: otherId } = await subscribe(api, other, url);
  const release = await lockDeliveries(t, api);
  const run = () => recover(api, account, webhookId, asked);
  const both = [run(), run()];
  isProblem(t, await Promise.race(both), 409, 'count_running');
  const elsewhere = recover(api, other, otherId, asked);
  await release();
  const statuses = (await Promise.all(both)).map(({ status }) => status);
  t.same(statuses.sort(), [200, 409]);
  t.equal((await elsewhere).status, 200, 'that of another tenant does not count');
  t.equal((await run()).status, 200);
});

t.test('a client that leaves is noticed, one that waits is not said to be gone', async (t) => {
  const app = fastify();
  t.teardown(() => app.close());
  const signals: AbortSignal[] = [];
  const answer = Promise.withResolvers<string>();
  app.post('/', (_request, reply) => {
    signals.push(clientLeft(reply));
    return answer.promise;
  });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const send = (signal: AbortSignal) => fetch(address, { method: 'POST', body: 'a', signal });
  const waiting = send(stays);
  await eventually(() => signals.length === 1);
  const leaving = new AbortController();
  const gone = send(leaving.signal);
  await eventually(() => signals.length === 2);
  leaving.abort();
  await t.rejects(gone);
  await eventually(() => signals[1]?.aborted);
  t.match(signals[1]?.reason, { code: 'bad_request' });
  t.notOk(signals[0]?.aborted);
  answer.resolve('done');
  t.equal(await (await waiting).text(), 'done');
});
