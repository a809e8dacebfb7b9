import { triggerWebhooks } from '@trellis/domains/events/trigger-webhooks';
import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startReceiver } from '@trellis/test/receiver';
import { backends } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';

for (const backend of backends) {
  t.test(`an event shares the fate of the change that it tells of (${backend})`, async (t) => {
    const api = await startApi(t, { backend });
    await startWorker(t, api);
    const receiver = await startReceiver(t);
    const account = await signUp(api);
    await subscribe(api, account, receiver.url);
    const { platform } = api.app;
    const tenantId = account.tenant.id;
    const rename = (name: string, fails: boolean) =>
      platform.db.withTenant(tenantId, async (tx) => {
        await tx.sql`update tenants set name = ${name}`;
        const event = 'tenant.renamed';
        await triggerWebhooks(platform, { event, tenantId, payload: { name } }, tx);
        if (fails) throw new Error('the change is refused');
      });

    await t.rejects(rename('Rolled back', true), { message: 'the change is refused' });
    await rename('Committed', false);

    await eventually(() => receiver.received.length > 0);
    await eventually(async () => {
      const { body } = await api.request('GET', '/events', { token: account.token });
      return body.data.length === 1;
    });
    t.same(
      receiver.received.map(({ body }) => JSON.parse(body).data),
      [{ name: 'Committed' }],
      'the change that was rolled back sent nothing',
    );
  });
}
