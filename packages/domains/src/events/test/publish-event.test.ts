import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startReceiver } from '@trellis/test/receiver';
import { type Account, signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { isProblem, refusesStrangers } from '../../webhooks/test/refusals.ts';

const url = 'http://127.0.0.1:9/hook';

t.test('POST /events', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const publish = (body: unknown, headers = {}, { token } = account) =>
    api.request('POST', '/events', { token, body, headers });
  const eventCount = async ({ token }: Account): Promise<number> =>
    (await api.request('GET', '/events?limit=100', { token })).body.data.length;

  await t.test('202: goes to every subscription that fits, and to no other', async (t) => {
    const here = await signUp(api);
    await signUp(api, 'Neighbour').then((other) => subscribe(api, other, url));
    for (const events of [['*'], ['order.*'], ['order.paid'], ['order'], ['order.paid.*']]) {
      await subscribe(api, here, url, events);
    }
    const { status, body } = await publish({ type: 'order.paid', data: 1 }, {}, here);
    t.equal(status, 202);
    t.match(body, { id: /^[0-9a-f-]{36}$/, type: 'order.paid', deliveries: 3 });
    t.equal((await publish({ type: 'order', data: 1 }, {}, here)).body.deliveries, 2);
    t.equal((await publish({ type: 'order.paid.late', data: 1 }, {}, here)).body.deliveries, 3);
  });

  await t.test('202: a hundred times at once with one key are one event', async (t) => {
    const second = await startApi(t, { beside: api });
    const here = await signUp(api);
    await subscribe(api, here, url);
    const body = { type: 'order.paid', data: { order: 17 }, idempotencyKey: 'order-17' };
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        (index % 2 ? api : second).request('POST', '/events', { token: here.token, body }),
      ),
    );
    t.same([...new Set(replies.map(({ status }) => status))], [202]);
    t.equal(new Set(replies.map((reply) => JSON.stringify(reply.body))).size, 1, 'one answer');
    t.equal(await eventCount(here), 1);
  });

  await t.test('202 and 409: two contents at once with one key are one event', async (t) => {
    const here = await signUp(api);
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        const body = { type: 'order.paid', data: { order: index % 2 }, idempotencyKey: 'order' };
        return publish(body, {}, here).then((reply) => ({ reply, order: index % 2 }));
      }),
    );
    const won = replies.filter(({ reply }) => reply.status === 202);
    t.equal(won.length, 50, 'all of one content are answered');
    t.equal(new Set(won.map(({ order }) => order)).size, 1);
    t.equal(new Set(won.map(({ reply }) => reply.body.id)).size, 1);
    for (const { reply } of replies.filter(({ reply }) => reply.status !== 202)) {
      isProblem(t, reply, 409, 'idempotency_key_reused');
    }
    t.equal(await eventCount(here), 1);
  });

  await t.test('202: the ordering key is kept with the event', async (t) => {
    const body = { type: 'order.paid', data: 1, orderingKey: 'order-42' };
    const { id } = (await publish(body)).body;
    const { body: event } = await api.request('GET', `/events/${id}`, { token: account.token });
    t.equal(event.orderingKey, 'order-42');
    const key = { ...body, idempotencyKey: 'ordered' };
    const first = await publish(key);
    t.same((await publish(key)).body, first.body);
    const other = await publish({ ...key, orderingKey: 'order-43' });
    isProblem(t, other, 409, 'idempotency_key_reused');
  });

  await t.test('202: the key counts alike in the header', async (t) => {
    const here = await signUp(api);
    const body = { type: 'order.paid', data: 1 };
    const first = await publish({ ...body, idempotencyKey: 'k' }, {}, here);
    const again = await publish(body, { 'idempotency-key': 'k' }, here);
    t.same(again.body, first.body);
    const neighbour = await signUp(api, 'Neighbour');
    const theirs = await publish(body, { 'idempotency-key': 'k' }, neighbour);
    t.not(theirs.body.id, first.body.id, 'each tenant has keys of its own');
  });

  await t.test('400: two keys that differ', async (t) => {
    const body = { type: 'order.paid', data: 1, idempotencyKey: 'one' };
    const reply = await publish(body, { 'idempotency-key': 'other' });
    isProblem(t, reply, 400, 'validation_failed');
    t.match(reply.body.errors, [{ path: 'body/idempotencyKey' }]);
    t.equal((await publish(body, { 'idempotency-key': 'one' })).status, 202);
  });

  await t.test('409: the key was used for something else', async (t) => {
    const here = await signUp(api);
    const headers = { 'idempotency-key': 'k' };
    await publish({ type: 'order.paid', data: { a: 1, b: 2 } }, headers, here);
    for (const body of [
      { type: 'order.paid', data: { a: 1, b: 3 } },
      { type: 'order.sent', data: { a: 1, b: 2 } },
      '{"type":"order.paid","data":{"b":2,"a":1}}',
    ]) {
      isProblem(t, await publish(body, headers, here), 409, 'idempotency_key_reused');
    }
    t.equal(await eventCount(here), 1);
  });

  await t.test('400: what is missing, wrong or unknown', async (t) => {
    for (const body of [
      { data: 1 },
      { type: 'order.paid' },
      { type: 'order.*', data: 1 },
      { type: '', data: 1 },
      { type: 'order paid', data: 1 },
      { type: 'a'.repeat(129), data: 1 },
      { type: 'order.paid', data: 1, tenantId: account.tenant.id },
      { type: 'order.paid', data: 1, idempotencyKey: '' },
      { type: 'order.paid', data: 1, orderingKey: '' },
      { type: 'order.paid', data: 1, orderingKey: 'k'.repeat(256) },
      { type: 'order.paid', data: 1, idempotencyKey: 'k'.repeat(256) },
      [],
    ]) {
      isProblem(t, await publish(body), 400, 'validation_failed');
    }
    isProblem(t, await publish('{"type":"order.paid","data":}'), 400, 'malformed_json');
    for (const member of ['"__proto__":1', '"__proto__":{"type":"b"}', '"constructor":{}']) {
      const text = `{"type":"order.paid","data":1,${member}}`;
      isProblem(t, await publish(text), 400, 'validation_failed');
    }
    isProblem(t, await publish('{"__proto__":{"type":"a","data":1}}'), 400, 'validation_failed');
    const nul = { type: 'order.paid', data: 1, idempotencyKey: 'a\0b' };
    isProblem(t, await publish(nul), 400, 'invalid_text');
    for (const name of ['idempotencyKey', 'orderingKey']) {
      const half = { type: 'order.paid', data: 1, [name]: 'a\ud800b' };
      isProblem(t, await publish(half), 400, 'invalid_text');
    }
    const bad = { 'idempotency-key': 'a b' };
    isProblem(t, await publish({ type: 'order.paid', data: 1 }, bad), 400, 'validation_failed');
  });

  await t.test(
    '202: `data` may name half a surrogate pair, as it is sent on as it is',
    async (t) => {
      t.equal((await publish('{"type":"order.paid","data":"\\ud800"}')).status, 202);
    },
  );

  const body = { type: 'order.paid', data: 1 };
  const route = { method: 'POST', path: '/events', body, permission: 'events:publish' };
  await refusesStrangers(t, api, account, route);
});

t.test('`data` reaches the receiver byte for byte', async (t) => {
  const api = await startApi(t);
  await startWorker(t, api);
  const receiver = await startReceiver(t);
  const account = await signUp(api);
  const { secret } = await subscribe(api, account, receiver.url);
  const samples = [
    '{"z":1,"a":2,"10":3,"9":4}',
    '{"id":9223372036854775807,"big":123456789012345678901234567890}',
    '[1.0,1.10,1e3,-0,0.1e-7,1E+2]',
    '"é\\u00e9\\ud83d\\ude00😀 \\u2028\\/\\u0000"',
    '{ "spaced" : [ 1 ,\t2 ] ,\n "x" : { } }',
    '{"a":1,"a":2}',
    '"a } ] , \\" \\\\"',
    '{"__proto__":{"isAdmin":true},"constructor":{"prototype":1}}',
    'null',
    'true',
    '{}',
    '""',
    `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
    `"${'long '.repeat(20_000)}"`,
  ];
  const expected = new Map<string, string>();
  for (const data of samples) {
    const text = ` {"type" : "order.paid" ,"data":${data} } `;
    const reply = await api.request('POST', '/events', { token: account.token, body: text });
    t.equal(reply.status, 202, data.slice(0, 60));
    expected.set(reply.body.id, data);
  }
  await eventually(() => receiver.ids().size === samples.length);
  for (const { id, body } of receiver.received) {
    const [, timestamp] = /^\{"type":"order.paid","timestamp":"([^"]+)","data":/.exec(body) ?? [];
    t.match(timestamp, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const data = expected.get(id);
    t.equal(body, `{"type":"order.paid","timestamp":"${timestamp}","data":${data}}`);
  }
  t.equal(receiver.verified(secret), samples.length, 'and the signature is over these bytes');
});
