import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startMailServer } from '@trellis/test/mail-server';
import { startReceiver } from '@trellis/test/receiver';
import { password, signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t, { type Test } from 'tap';
import { systemRoleId } from '../../../users/test/add-user.ts';

const patience = { timeoutMs: 30_000 };
const otherOwner = 'other-owner@example.com';

/** A tenant with two owners whose endpoint has failed once, and somebody who hears of `webhook.*`. */
async function prepare(t: Test) {
  const mailServer = await startMailServer(t);
  const api = await startApi(t);
  await startWorker(t, api, { SMTP_URL: mailServer.url, WEBHOOK_CIRCUIT_FAILURES: '5' });
  const owner = await signUp(api);
  await api.request('POST', '/users', {
    token: owner.token,
    body: {
      email: otherOwner,
      name: 'Other owner',
      password,
      roleIds: [await systemRoleId(api, owner, 'owner')],
    },
  });
  const failing = await startReceiver(t, () => 500);
  const watcher = await startReceiver(t);
  const { id } = await subscribe(api, owner, failing.url, ['order.*']);
  await subscribe(api, owner, watcher.url, ['webhook.*']);
  await publish(api, owner);
  await eventually(async () => (await failures(api)).length === 1, patience);
  const publishMore = () => Promise.all(Array.from({ length: 30 }, () => publish(api, owner)));
  const find = async () =>
    (await api.request('GET', `/webhooks/${id}`, { token: owner.token })).body;
  return { api, owner, mailServer, failing, watcher, id, find, publishMore };
}

const failures = ({ app }: Api) =>
  app.platform.db.querySystem<{ failures: number; is_open: boolean }>(
    (sql) => sql`select failures, open_until is not null as is_open from webhook_failures`,
  );

/** As if the endpoint had failed for so long. */
const failedFor = ({ app }: Api, days: number) =>
  app.platform.db.querySystem(
    (sql) => sql`
      update webhook_failures set failing_since = now() - make_interval(days => ${days}::int)`,
  );

t.test(
  'an endpoint that did nothing but fail for 5 days is disabled, and told of once',
  async (t) => {
    const { api, owner, mailServer, failing, watcher, id, find, publishMore } = await prepare(t);
    await failedFor(api, 5);
    await publishMore();
    const webhook = await eventually(async () => {
      const found = await find();
      return !found.isActive && found;
    }, patience);
    t.equal(webhook.disabledReason, 'Nothing but failures for 5 days.');

    const told = await eventually(() => watcher.received[0], patience);
    t.match(JSON.parse(told.body), {
      type: 'webhook.disabled',
      data: { id, url: failing.url, reason: webhook.disabledReason },
    });
    const mails = () => mailServer.mails.filter(({ subject }) => /webhook/.test(subject));
    await eventually(() => mails().length >= 2, patience);

    // What is sent behind all of this shows that nothing more was on its way.
    await subscribe(api, owner, watcher.url, ['marker']);
    const markerId = await publish(api, owner, 'marker');
    await eventually(() => watcher.ids().has(markerId), patience);
    t.equal(watcher.received.length, 2, 'one event');
    t.same(
      mails()
        .flatMap(({ to }) => to)
        .sort(),
      [owner.user.email, otherOwner].sort(),
      'one mail to each owner',
    );
    const { body } = await api.request('GET', '/audit-logs?limit=100', { token: owner.token });
    const entries = body.data.filter(
      ({ action }: { action: string }) => action === 'webhook.disabled',
    );
    t.match(entries, [{ actorType: 'system', resourceId: id }]);
    t.equal(entries.length, 1, 'one audit entry');
  },
);

t.test('one that has failed for less is only probed', async (t) => {
  const { api, watcher, find, publishMore } = await prepare(t);
  await failedFor(api, 4);
  await publishMore();
  await eventually(async () => (await failures(api))[0]?.is_open, patience);
  t.match(await find(), { isActive: true, disabledReason: null });
  t.equal(watcher.received.length, 0);
});

t.test('how long is the plan’s', async (t) => {
  const { api, find, publishMore } = await prepare(t);
  await api.app.platform.db.querySystem((sql) => sql`update plans set webhook_failure_days = 2`);
  await failedFor(api, 3);
  await publishMore();
  await eventually(async () => !(await find()).isActive, patience);
  t.equal((await find()).disabledReason, 'Nothing but failures for 2 days.');
});
