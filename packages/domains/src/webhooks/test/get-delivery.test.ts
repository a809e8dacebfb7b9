import { randomUUID } from 'node:crypto';
import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startReceiver } from '@trellis/test/receiver';
import { signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';
import { isProblem, refusesStrangers } from './refusals.ts';

t.test('GET /webhooks/:id/deliveries/:deliveryId', async (t) => {
  const api = await startApi(t);
  await startWorker(t, api);
  const receiver = await startReceiver(t, () => ({
    status: 503,
    headers: { 'set-cookie': 'session=private', 'x-note': 'busy' },
    body: 'come back later',
  }));
  const account = await signUp(api);
  const { token } = account;
  const { id } = await subscribe(api, account, receiver.url);
  const other = await subscribe(api, account, receiver.url, ['other.type']);
  const eventId = await publish(api, account, 'order.paid', { total: 42 });
  const [delivery] = await eventually(async () => {
    const { body } = await api.request('GET', `/webhooks/${id}/deliveries`, { token });
    return body.data[0]?.status === 'failed' && body.data;
  });
  const path = `/webhooks/${id}/deliveries/${delivery.id}`;

  await t.test('200: with the exact body and what came of each attempt', async (t) => {
    const { status, body } = await api.request('GET', path, { token });
    t.equal(status, 200);
    t.match(body, { ...delivery, eventId, event: 'order.paid' });
    t.equal(body.payload, receiver.received[0]?.body);
    t.equal(body.attemptList.length, 1);
    t.match(body.attemptList[0], {
      attempt: 1,
      trigger: 'automatic',
      statusCode: 503,
      errorClass: 'http_5xx',
      error: /503/,
      responseBody: 'come back later',
      responseTruncated: false,
      responseHeaders: { 'x-note': 'busy' },
    });
    t.ok(body.attemptList[0].durationMs >= 0);
    t.notMatch(JSON.stringify(body), /session=private/, 'credentials are not shown');
  });

  await t.test('200: the body is for those who may read events', async (t) => {
    const reader = await addUser(api, account, ['webhooks:read']);
    const { status, body } = await api.request('GET', path, { token: reader.token });
    t.equal(status, 200);
    t.match(body, { id: delivery.id, payload: null, attemptList: [{ attempt: 1 }] });
  });

  await t.test('404: it is of another subscription', async (t) => {
    for (const wrong of [
      `/webhooks/${other.id}/deliveries/${delivery.id}`,
      `/webhooks/${id}/deliveries/${randomUUID()}`,
    ]) {
      isProblem(t, await api.request('GET', wrong, { token }), 404, 'not_found');
    }
  });

  await t.test('400: no UUID', async (t) => {
    const reply = await api.request('GET', `/webhooks/${id}/deliveries/1`, { token });
    isProblem(t, reply, 400, 'validation_failed');
  });

  await refusesStrangers(t, api, account, { method: 'GET', path, permission: 'webhooks:read' });

  await t.test('404: its subscription was deleted', async (t) => {
    await api.request('DELETE', `/webhooks/${id}`, { token });
    isProblem(t, await api.request('GET', path, { token }), 404, 'not_found');
    const { body } = await api.request('GET', `/events/${eventId}/deliveries`, { token });
    t.match(body.data, [{ id: delivery.id }], 'the event still has it');
  });
});
