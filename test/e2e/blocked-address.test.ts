import { createServer } from 'node:net';
import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { setPlan } from '@trellis/test/installation';
import { ownNames } from '@trellis/test/own-names';
import { backends } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t, { type Test } from 'tap';

/** A listener on every address of this machine that counts who connects. */
async function listen(t: Test) {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((ready) => server.listen(0, ready));
  t.teardown(() => server.close());
  const address = server.address();
  return {
    port: typeof address === 'object' ? address?.port : undefined,
    connections: () => connections,
  };
}

for (const backend of backends) {
  t.test(`no delivery dials an address that is not public (${backend})`, async (t) => {
    const { port, connections } = await listen(t);
    // The API would open loopback, so the subscriptions are there; the worker does not.
    const env = { WEBHOOK_ALLOW_CIDRS: '0.0.0.0/0,::/0' };
    const api = await startApi(t, { backend, env });
    const account = await signUp(api);
    await setPlan(api.database, account.tenant.id, 'pro');
    const hosts = ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost', '2130706433'];
    const names = await ownNames();
    for (const host of [...hosts, ...names]) {
      await subscribe(api, account, `http://${host}:${port}/`);
    }
    await publish(api, account);
    await startWorker(t, api, { WEBHOOK_ALLOW_CIDRS: '' });

    const attempts = await eventually(async () => {
      const rows = await api.app.platform.db.asSystem(
        (tx) => tx.sql<{ url: string; error_class: string; error: string }[]>`
          select w.url, a.error_class, a.error from webhook_attempts a
          join webhook_deliveries d on d.id = a.delivery_id
          join webhooks w on w.id = d.webhook_id`,
      );
      return rows.length === hosts.length + names.length && rows;
    });
    for (const { url, error_class: errorClass, error } of attempts) {
      const literal = hosts.some((host) => url.includes(host));
      t.equal(errorClass, 'blocked_address', literal ? url : 'a name of this machine');
      t.match(error, /not public|no address that is public|this machine itself/);
    }
    t.equal(connections(), 0, 'no connection was made');
  });
}
