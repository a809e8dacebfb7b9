import { randomUUID } from 'node:crypto';
import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { type Account, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { isProblem } from '../../webhooks/test/refusals.ts';
import { createDataCheck } from '../catalogue/check-data.ts';
import { eventTypesChanged } from '../catalogue/kept-types.ts';
import { declareType, orderSchema } from './declare-type.ts';

t.test('POST /events holds data against the schema of its type', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const publish = (type: string, data: unknown, { token }: Account = account) =>
    api.request('POST', '/events', { token, body: { type, data } });
  const eventCount = async ({ token }: Account): Promise<number> =>
    (await api.request('GET', '/events?limit=100', { token })).body.data.length;

  await t.test('422: it does not fit what the tenant declared; nothing is published', async (t) => {
    const here = await signUp(api, 'Here');
    await declareType(api, here, 'order.paid');
    const reply = await publish('order.paid', { id: 'one' }, here);
    isProblem(t, reply, 422, 'event_data_invalid');
    t.same(reply.body.errors, [{ path: 'body/data/id', message: 'must be integer' }]);
    t.equal(reply.body.detail, 'body/data/id must be integer');
    for (const data of [{}, { id: 1, more: 1 }, null, [], 'id']) {
      isProblem(t, await publish('order.paid', data, here), 422, 'event_data_invalid');
    }
    t.equal(await eventCount(here), 0);
    t.equal((await publish('order.paid', { id: 1 }, here)).status, 202);
  });

  await t.test('422: it does not fit what the platform declares', async (t) => {
    const file = {
      id: account.tenant.id,
      name: 'report.pdf',
      contentType: 'application/pdf',
      size: 1,
      checksum: '9f',
      uploadedBy: null,
      createdAt: '2026-01-31T12:00:00.000Z',
    };
    const reply = await publish('file.deleted', { ...file, id: 'one' });
    isProblem(t, reply, 422, 'event_data_invalid');
    t.match(reply.body.errors, [{ path: 'body/data/id' }]);
    t.equal((await publish('file.deleted', file)).status, 202);
  });

  await t.test('409: nobody speaks for the platform about subscriptions', async (t) => {
    const here = await signUp(api, 'Here');
    const data = { webhookId: here.tenant.id, message: 'Hello' };
    for (const type of ['webhook.test', 'webhook.disabled']) {
      isProblem(t, await publish(type, data, here), 409, 'platform_event_type');
    }
    t.equal(await eventCount(here), 0);
  });

  await t.test('202: a repeat has the first answer, whatever the schema has become', async (t) => {
    const name = 'order.repeated';
    await declareType(api, account, name, { type: 'integer' });
    const { token } = account;
    const repeat = (data: unknown, idempotencyKey = 'repeat') =>
      api.request('POST', '/events', { token, body: { type: name, data, idempotencyKey } });
    const first = await repeat(1);
    const schema = { type: 'string' };
    const path = `/event-types/${name}`;
    t.equal((await api.request('PATCH', path, { token, body: { schema } })).status, 200);
    t.same((await repeat(1)).body, first.body);
    isProblem(t, await repeat(2), 409, 'idempotency_key_reused');
    isProblem(t, await repeat(1, 'another'), 422, 'event_data_invalid');
  });

  await t.test('422: the check takes too much work', async (t) => {
    const allOf = Array.from({ length: 200 }, () => ({ minimum: 0 }));
    await declareType(api, account, 'order.heavy', { items: { allOf } });
    const reply = await publish('order.heavy', Array(100_000).fill(1));
    isProblem(t, reply, 422, 'event_data_too_complex');
    t.equal((await publish('order.heavy', [1, 2, 3])).status, 202);
  });

  await t.test('202: anything, for a type without a schema or that nobody declared', async (t) => {
    await declareType(api, account, 'order.any', null);
    for (const type of ['order.any', 'order.unknown', '__proto__', 'constructor']) {
      for (const data of [null, 1, { id: 'one' }]) {
        t.equal((await publish(type, data)).status, 202, type);
      }
    }
  });

  await t.test('the schema of one tenant is not that of another', async (t) => {
    const neighbour = await signUp(api, 'Neighbour');
    await declareType(api, account, 'order.strict', { const: 1 });
    isProblem(t, await publish('order.strict', 2), 422, 'event_data_invalid');
    t.equal((await publish('order.strict', 2, neighbour)).status, 202);
    await declareType(api, neighbour, 'order.strict', { const: 2 });
    isProblem(t, await publish('order.strict', 1, neighbour), 422, 'event_data_invalid');
    t.equal((await publish('order.strict', 1)).status, 202);
  });

  await t.test('a change holds for the next event, in every process', async (t) => {
    const second = await startApi(t, { beside: api });
    const name = 'order.changing';
    const there = (data: unknown) =>
      second.request('POST', '/events', { token: account.token, body: { type: name, data } });
    const change = (schema: unknown) =>
      api.request('PATCH', `/event-types/${name}`, { token: account.token, body: { schema } });
    t.equal((await there('a')).status, 202);
    await declareType(api, account, name, { type: 'string' });
    isProblem(t, await publish(name, 1), 422, 'event_data_invalid');
    await eventually(async () => (await there(1)).status === 422);
    await change({ type: 'integer' });
    t.equal((await publish(name, 1)).status, 202);
    await eventually(async () => (await there(1)).status === 202);
    isProblem(t, await there('a'), 422, 'event_data_invalid');
    await change(null);
    await eventually(async () => (await there('a')).status === 202);
  });

  await t.test('413: more than EVENT_DATA_BYTES_MAX bytes of JSON text', async (t) => {
    const strict = await startApi(t, { beside: api, env: { EVENT_DATA_BYTES_MAX: '1024' } });
    const send = (data: string) =>
      strict.request('POST', '/events', {
        token: account.token,
        body: `{"type":"order.large","data":${data}}`,
      });
    t.equal((await send(`"${'x'.repeat(1_022)}"`)).status, 202);
    const reply = await send(`"${'x'.repeat(1_023)}"`);
    isProblem(t, reply, 413, 'event_data_too_large');
    t.match(reply.body.detail, '1024');
    isProblem(t, await send(`"${'é'.repeat(512)}"`), 413, 'event_data_too_large');
    isProblem(t, await send(`[1,${' '.repeat(1_022)}2]`), 413, 'event_data_too_large');
  });

  await t.test('202: as much as is allowed, though other bodies may have less', async (t) => {
    const env = { EVENT_DATA_BYTES_MAX: '2000000', BODY_LIMIT_BYTES: '100000' };
    const roomy = await startApi(t, { beside: api, env });
    const send = (path: string, body: unknown) =>
      roomy.request('POST', path, { token: account.token, body });
    const data = 'x'.repeat(1_900_000);
    t.equal((await send('/events', { type: 'order.large', data })).status, 202);
    isProblem(
      t,
      await send('/event-types', { name: 'a', description: data }),
      413,
      'payload_too_large',
    );
  });
});

t.test('once the types of a tenant are known, no event of it waits for Postgres', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  await declareType(api, account, 'order.paid');
  await declareType(api, account, 'order.sent');
  const { db } = api.app.platform;
  let reads = 0;
  const counting: typeof db = {
    ...db,
    queryTenant: (tenantId, query) => {
      reads++;
      return db.queryTenant(tenantId, query);
    },
  };
  // Tells of a change when the test says so, and not once more when Postgres does.
  const heard: Record<string, (key: string) => void> = {};
  const reconnected: (() => void)[] = [];
  const changes = {
    ...api.app.platform.changes,
    on: (topic: string, listener: (key: string) => void) => {
      heard[topic] = listener;
    },
    onConnect: (listener: () => void) => reconnected.push(listener),
    isListening: () => true,
  };
  const needs = { db: counting, changes, catalogue: new Map(), dataBytesMax: 1_024 };
  const check = createDataCheck(needs);
  const of = (type: string, data: unknown) =>
    check({ tenantId: account.tenant.id, type, data, text: JSON.stringify(data) });
  const readsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = reads;
    await work();
    return reads - before;
  };

  const first = () => Promise.all(Array.from({ length: 100 }, () => of('order.paid', { id: 1 })));
  t.equal(await readsOf(first), 2, 'the names once, and the schema once, however many ask');
  const published = await readsOf(async () => {
    for (let round = 0; round < 50; round++) {
      await of('order.paid', { id: round });
      await of(`order.unknown-${round}`, 'anything');
      await t.rejects(of('order.paid', {}), { code: 'event_data_invalid' });
    }
  });
  t.equal(published, 0);
  t.equal(await readsOf(() => of('order.sent', { id: 1 })), 1, 'one more for one more schema');

  const body = { schema: { ...orderSchema, required: [] } };
  await api.request('PATCH', '/event-types/order.paid', { token: account.token, body });
  heard[eventTypesChanged]?.(randomUUID());
  t.equal(await readsOf(() => of('order.sent', { id: 1 })), 0, 'a change of another tenant');
  heard[eventTypesChanged]?.(account.tenant.id);
  t.equal(await readsOf(() => of('order.paid', {})), 2, 'the names, and the schema that changed');
  t.equal(await readsOf(() => of('order.sent', { id: 1 })), 0, 'the other schema is as before');
  for (const listener of reconnected) listener();
  t.equal(await readsOf(() => of('order.sent', { id: 1 })), 1, 'something may have been missed');
});

t.test('what nobody can tell of is found out soon', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { db } = api.app.platform;
  const deaf = { on: () => {}, onConnect: () => {}, isListening: () => false };
  const check = createDataCheck({
    db,
    changes: { ...api.app.platform.changes, ...deaf },
    catalogue: new Map(),
    dataBytesMax: 1_024,
  });
  const of = (data: unknown) =>
    check({ tenantId: account.tenant.id, type: 'order.paid', data, text: JSON.stringify(data) });
  await of('anything');
  await declareType(api, account, 'order.paid');
  await eventually(() =>
    of('anything').then(
      () => false,
      (error) => error.code === 'event_data_invalid',
    ),
  );
  await of({ id: 1 });
});
