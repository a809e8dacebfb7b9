import { startApi } from '@trellis/test/api';
import { type Account, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { isProblem, refusesStrangers } from '../../webhooks/test/refusals.ts';
import { declareType } from './declare-type.ts';

t.test('DELETE /event-types/:name', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const remove = (name: string, { token }: Account = account) =>
    api.request('DELETE', `/event-types/${name}`, { token });

  await t.test('204: it is gone, and audited; events of its type can have any data', async (t) => {
    const { body: before } = await declareType(api, account, 'order.paid');
    const body = { type: 'order.paid', data: 'not an order' };
    const publish = () => api.request('POST', '/events', { token: account.token, body });
    isProblem(t, await publish(), 422, 'event_data_invalid');
    t.equal((await remove('order.paid')).status, 204);
    isProblem(t, await remove('order.paid'), 404, 'not_found');
    t.equal((await publish()).status, 202);
    const path = '/audit-logs?action=event_type.deleted';
    const trail = await api.request('GET', path, { token: account.token });
    t.match(trail.body.data, [{ resourceId: 'order.paid', before }]);
    t.equal((await declareType(api, account, 'order.paid')).status, 201, 'the name is free again');
    isProblem(t, await publish(), 422, 'event_data_invalid');
  });

  await t.test('409: a type of the platform', async (t) => {
    isProblem(t, await remove('user.created'), 409, 'platform_event_type');
  });

  await t.test('404: nobody declared it, or another tenant did', async (t) => {
    const stranger = await signUp(api, 'Stranger');
    isProblem(t, await remove('order.paid', stranger), 404, 'not_found');
    isProblem(t, await remove('order.lost'), 404, 'not_found');
    const kept = await api.request('GET', '/event-types/order.paid', { token: account.token });
    t.equal(kept.status, 200);
  });

  await t.test('400: no name of an event', async (t) => {
    isProblem(t, await remove('order.*'), 400, 'validation_failed');
  });

  const path = '/event-types/order.paid';
  await refusesStrangers(t, api, account, {
    method: 'DELETE',
    path,
    permission: 'event-types:delete',
  });
});
