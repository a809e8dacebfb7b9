import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startMailServer } from '@trellis/test/mail-server';
import { startReceiver } from '@trellis/test/receiver';
import { backends } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t, { type Test } from 'tap';
import { addUser } from '../../users/test/add-user.ts';

const patience = { timeoutMs: 30_000 };

async function prepare(t: Test, backend: (typeof backends)[number]) {
  const mailServer = await startMailServer(t);
  const api = await startApi(t, { backend });
  await startWorker(t, api, { SMTP_URL: mailServer.url });
  const owner = await signUp(api);
  const find = async (id: string) =>
    (await api.request('GET', `/webhooks/${id}`, { token: owner.token })).body;
  const disabled = (id: string) =>
    eventually(async () => {
      const webhook = await find(id);
      return !webhook.isActive && webhook;
    }, patience);
  /** Who was told of it, once so many were. */
  const told = (count: number) =>
    eventually(() => {
      const mails = mailServer.mails.filter(({ subject }) => /webhook/.test(subject));
      return mails.length >= count && mails;
    }, patience);
  return { api, owner, find, disabled, told };
}

for (const backend of backends) {
  t.test(`an endpoint that is gone is called no more (${backend})`, async (t) => {
    const { api, owner, disabled, told } = await prepare(t, backend);
    const maker = await addUser(api, owner, ['webhooks:write', 'webhooks:read']);
    await addUser(api, owner, ['webhooks:write']);
    await signUp(api, 'Stranger');
    let status = 410;
    const receiver = await startReceiver(t, () => status);
    const { id } = await subscribe(api, maker, receiver.url);
    await publish(api, owner);

    const webhook = await disabled(id);
    t.equal(webhook.disabledReason, 'The endpoint answered 410 Gone.');
    const mails = await told(2);
    t.same(mails.flatMap(({ to }) => to).sort(), [owner.user.email, maker.email].sort());
    for (const { text } of mails) {
      t.match(text, `Its address: ${receiver.url}`);
      t.match(text, 'Why: The endpoint answered 410 Gone.');
      t.match(text, /webhook of Acme was disabled/);
    }
    const { body } = await api.request('GET', '/audit-logs?limit=100', { token: owner.token });
    const entries = body.data.filter(
      (entry: { action: string }) => entry.action === 'webhook.disabled',
    );
    t.match(entries, [{ actorType: 'system', actorId: null, resourceId: id }]);
    t.equal(entries.length, 1);

    status = 204;
    const change = { token: owner.token, body: { isActive: true } };
    const enabled = await api.request('PATCH', `/webhooks/${id}`, change);
    t.match(enabled.body, { isActive: true, disabledReason: null });
    const later = await publish(api, owner);
    await eventually(() => receiver.ids().has(later), patience);
  });

  t.test(`many answers at once tell people once (${backend})`, async (t) => {
    const { api, owner, disabled, told } = await prepare(t, backend);
    const receiver = await startReceiver(t, () => 410);
    const gone = await subscribe(api, owner, receiver.url, ['order.gone']);
    const marker = await subscribe(api, owner, receiver.url, ['order.marker']);
    await Promise.all(Array.from({ length: 20 }, () => publish(api, owner, 'order.gone')));
    await disabled(gone.id);
    await publish(api, owner, 'order.marker');
    await disabled(marker.id);
    const mails = await told(2);
    t.equal(mails.length, 2, 'one of each subscription, to the owner who also made it');
  });

  t.test(`other refusals leave a subscription as it is (${backend})`, async (t) => {
    const { api, owner, find } = await prepare(t, backend);
    const receiver = await startReceiver(t, () => 404);
    const { id } = await subscribe(api, owner, receiver.url);
    await publish(api, owner);
    await eventually(async () => {
      const path = `/webhooks/${id}/deliveries`;
      const { body } = await api.request('GET', path, { token: owner.token });
      return body.data[0]?.statusCode === 404;
    }, patience);
    t.match(await find(id), { isActive: true, disabledReason: null });
  });
}
