import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { isProblem, refusesStrangers } from '../../webhooks/test/refusals.ts';
import { declareType } from './declare-type.ts';

t.test('GET /event-types/:name', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const get = (name: string, { token } = account) =>
    api.request('GET', `/event-types/${name}`, { token });

  await t.test('200: one of the tenant, as it was declared, with its version', async (t) => {
    const declared = await declareType(api, account, 'order.paid');
    const { status, body, headers } = await get('order.paid');
    t.equal(status, 200);
    t.same(body, declared.body);
    t.match(headers.get('etag'), /^"[\w-]+"$/);
    t.equal(headers.get('etag'), declared.headers.get('etag'));
  });

  await t.test('200: one of the platform', async (t) => {
    const { status, body } = await get('user.created');
    t.equal(status, 200);
    t.match(body, { name: 'user.created', source: 'platform', schema: { type: 'object' } });
  });

  await t.test('404: nobody declared it, or another tenant did', async (t) => {
    const stranger = await signUp(api, 'Stranger');
    isProblem(t, await get('order.paid', stranger), 404, 'not_found');
    isProblem(t, await get('order.lost'), 404, 'not_found');
    isProblem(t, await get('__proto__'), 404, 'not_found');
  });

  await t.test('400: no name of an event', async (t) => {
    for (const name of ['order.*', 'order..paid', 'a'.repeat(129), 'a%20b']) {
      isProblem(t, await get(name), 400, 'validation_failed');
    }
  });

  const route = { method: 'GET', path: '/event-types/order.paid', permission: 'events:read' };
  await refusesStrangers(t, api, account, route);
});
