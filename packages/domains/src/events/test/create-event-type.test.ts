import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { isProblem, refusesStrangers } from '../../webhooks/test/refusals.ts';
import { declareType, orderSchema } from './declare-type.ts';

t.test('POST /event-types', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const create = (body: unknown, { token } = account, headers = {}) =>
    api.request('POST', '/event-types', { token, body, headers });

  await t.test('201: declares a type of the tenant, and audits it', async (t) => {
    const input = { name: 'order.paid', description: 'An order was paid.', schema: orderSchema };
    const { status, body, headers } = await create(input);
    t.equal(status, 201);
    t.equal(headers.get('location'), '/api/v1/event-types/order.paid');
    t.match(body, { ...input, source: 'tenant', createdAt: /Z$/, updatedAt: /Z$/ });
    const path = '/audit-logs?resourceType=event_type';
    const trail = await api.request('GET', path, { token: account.token });
    t.match(trail.body.data, [
      { action: 'event_type.created', resourceId: 'order.paid', after: body },
    ]);
  });

  await t.test('201: a name is enough', async (t) => {
    const { status, body } = await create({ name: 'order' });
    t.equal(status, 201);
    t.match(body, { description: '', schema: null });
    t.equal((await create({ name: 'order.nothing', schema: null })).status, 201);
    t.equal((await create({ name: 'user.dreamt' })).status, 201, 'beside what the platform has');
  });

  await t.test(
    '201: of ten with one idempotency key one is made, and all get its answer',
    async (t) => {
      const key = { 'idempotency-key': 'order-late' };
      const body = { name: 'order.late', schema: orderSchema };
      const replies = await Promise.all(
        Array.from({ length: 10 }, () => create(body, account, key)),
      );
      t.same([...new Set(replies.map(({ status }) => status))], [201]);
      t.equal(new Set(replies.map((reply) => JSON.stringify(reply.body))).size, 1);
      isProblem(
        t,
        await create({ name: 'order.later' }, account, key),
        409,
        'idempotency_key_reused',
      );
    },
  );

  await t.test('409: the name is taken, in this tenant alone', async (t) => {
    await declareType(api, account, 'order.sent');
    isProblem(t, await create({ name: 'order.sent' }), 409, 'event_type_exists');
    t.equal((await create({ name: 'order.sent' }, await signUp(api, 'Other'))).status, 201);
    isProblem(t, await create({ name: 'user.created' }), 409, 'event_type_exists');
    const here = await signUp(api, 'Race');
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => create({ name: 'order.raced' }, here)),
    );
    t.same(replies.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)]);
  });

  await t.test(
    '409: a tenant declares EVENT_TYPES_MAX, however many are made at once',
    async (t) => {
      const strict = await startApi(t, { beside: api, env: { EVENT_TYPES_MAX: '3' } });
      const { token } = await signUp(api, 'Many');
      const one = (name: string) =>
        strict.request('POST', '/event-types', { token, body: { name } });
      const names = Array.from({ length: 10 }, (_, index) => `order.${index}`);
      const replies = await Promise.all(names.map(one));
      t.equal(replies.filter(({ status }) => status === 201).length, 3);
      for (const reply of replies.filter(({ status }) => status !== 201)) {
        isProblem(t, reply, 409, 'event_type_limit_reached');
      }
      const made = replies.find(({ status }) => status === 201)?.body.name;
      await strict.request('DELETE', `/event-types/${made}`, { token });
      t.equal((await one('order.again')).status, 201);
    },
  );

  await t.test('422: a schema that cannot be used; it says why', async (t) => {
    const cases: [schema: unknown, detail: RegExp][] = [
      [{ type: 'text' }, /^#\/type must be equal/],
      [{ $ref: 'http://127.0.0.1:9/schema' }, /refers to something other than a schema in itself/],
      [{ $ref: '#' }, /leads back to itself/],
      [{ pattern: '(a)\\1' }, /RE2 does not take/],
      [{ description: 'x'.repeat(40_000) }, /has more than 32768 bytes/],
      [{ const: 2 ** 53 }, /has an integer beyond 9007199254740991/],
    ];
    for (const [schema, detail] of cases) {
      const reply = await create({ name: 'order.odd', schema });
      isProblem(t, reply, 422, 'event_schema_refused');
      t.match(reply.body.detail, detail);
    }
    const infinite = '{"name":"order.odd","schema":{"maximum":1e999}}';
    isProblem(t, await create(infinite), 422, 'event_schema_refused');
    const ends = ['['.repeat(100_000), ']'.repeat(100_000)];
    const deep = `{"name":"order.odd","schema":{"const":${ends.join('')}}}`;
    for (const headers of [{}, { 'idempotency-key': 'deep' }]) {
      isProblem(t, await create(deep, account, headers), 422, 'event_schema_refused');
    }
  });

  await t.test('422: EVENT_SCHEMA_BYTES_MAX is the size of a schema', async (t) => {
    const strict = await startApi(t, { beside: api, env: { EVENT_SCHEMA_BYTES_MAX: '256' } });
    const one = (title: string) =>
      strict.request('POST', '/event-types', {
        token: account.token,
        body: { name: 'order.sized', schema: { title } },
      });
    const room = 256 - JSON.stringify({ title: '' }).length;
    isProblem(t, await one('t'.repeat(room + 1)), 422, 'event_schema_refused');
    t.equal((await one('t'.repeat(room))).status, 201);
  });

  await t.test('400: what is missing, wrong or unknown', async (t) => {
    for (const body of [
      {},
      { name: 'order.*' },
      { name: '' },
      { name: 'a'.repeat(129) },
      { name: 'order.paid', description: 'x'.repeat(501) },
      { name: 'order.paid', schema: 'string' },
      { name: 'order.paid', schema: true },
      { name: 'order.paid', source: 'platform' },
    ]) {
      isProblem(t, await create(body), 400, 'validation_failed');
    }
    const text = '{"name":"order.odd","schema":{"properties":{"__proto__":{"type":"string"}}}}';
    isProblem(t, await create(text), 400, 'malformed_json');
    const nul = { name: 'order.nul', schema: { const: 'a\0' } };
    isProblem(t, await create(nul), 400, 'invalid_text');
    for (const schema of [{ title: '\ud800x' }, { properties: { '\udc00': {} } }]) {
      isProblem(t, await create({ name: 'order.half', schema }), 400, 'invalid_text');
    }
  });

  const body = { name: 'order.new' };
  const route = { method: 'POST', path: '/event-types', body, permission: 'event-types:write' };
  await refusesStrangers(t, api, account, route);
});
