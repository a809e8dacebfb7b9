import { eventually } from '@trellis/test/eventually';
import { createInstallation, setPlan } from '@trellis/test/installation';
import { startApiProcess, startWorkerProcess } from '@trellis/test/processes';
import { startReceiver } from '@trellis/test/receiver';
import { backends } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import { publish, publishMany, subscribe } from '@trellis/test/subscribe';
import t from 'tap';

// The lease is a column in Postgres; where the queue is makes no difference to it.
t.test('what a killed worker held is delivered by another', async (t) => {
  const installation = await createInstallation(t, 'postgres');
  let answers = false;
  const hanging = new Promise<number>(() => {});
  const receiver = await startReceiver(t, () => (answers ? 204 : hanging));
  const api = await startApiProcess(t, installation);
  const account = await signUp(api);
  const { id: webhookId } = await subscribe(api, account, receiver.url);
  const holder = await startWorkerProcess(t, installation);
  const id = await publish(api, account);
  await eventually(() => receiver.received.length === 1);
  answers = true;
  await startWorkerProcess(t, installation);
  await holder.kill('SIGKILL');
  await eventually(() => receiver.received.length >= 2, { timeoutMs: 30_000 });
  t.same([...receiver.ids()], [id], 'within 30 s');
  const delivered = await eventually(async () => {
    const call = { token: account.token };
    const { body } = await api.request('GET', `/webhooks/${webhookId}/deliveries`, call);
    return body.data[0].status === 'delivered' && body.data[0];
  });
  t.equal(delivered.attempts, 1, 'the attempt that nobody recorded is not counted');
});

for (const backend of backends) {
  t.test(`two workers send nothing twice (${backend})`, async (t) => {
    const installation = await createInstallation(t, backend);
    const receiver = await startReceiver(t);
    const api = await startApiProcess(t, installation);
    const account = await signUp(api);
    await setPlan(installation.database, account.tenant.id, 'enterprise');
    await subscribe(api, account, receiver.url);
    await Promise.all([1, 2].map(() => startWorkerProcess(t, installation)));
    const published = await publishMany(api, account, 1_000);
    await eventually(() => receiver.ids().size === 1_000, { timeoutMs: 30_000 });
    t.same([...receiver.ids()].sort(), published.sort());
    t.equal(receiver.received.length, 1_000);
  });
}
