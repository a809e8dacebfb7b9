import { eventually } from '@trellis/test/eventually';
import { createInstallation, setPlan } from '@trellis/test/installation';
import { startApiProcess, startWorkerProcess } from '@trellis/test/processes';
import { startReceiver } from '@trellis/test/receiver';
import { signUp } from '@trellis/test/sign-up';
import { publish, publishMany, subscribe } from '@trellis/test/subscribe';
import t from 'tap';

/** Far below the 15 s that an attempt at an endpoint that never answers takes. */
const fairMs = 5_000;

// The claim and the lanes decide; where the queue is makes no difference to them.
t.test('tenants whose endpoints never answer do not hold up another', async (t) => {
  const installation = await createInstallation(t, 'postgres');
  const blackHole = await startReceiver(t, () => new Promise(() => {}));
  const receiver = await startReceiver(t);
  const api = await startApiProcess(t, installation);
  for (const name of ['One', 'Two', 'Three']) {
    const account = await signUp(api, name);
    await setPlan(installation.database, account.tenant.id, 'enterprise');
    await subscribe(api, account, `${blackHole.url}1`);
    await subscribe(api, account, `${blackHole.url}2`);
    await publishMany(api, account, 300);
  }
  const worker = await startWorkerProcess(t, installation);
  const other = await signUp(api, 'Other');
  await subscribe(api, other, receiver.url);
  await eventually(() => blackHole.received.length >= 12);
  for (let round = 0; round < 5; round++) {
    const id = await publish(api, other);
    await eventually(() => receiver.ids().has(id), { timeoutMs: fairMs });
    t.ok(receiver.ids().has(id), `event ${round + 1} arrives while all others hang`);
  }
  await worker.kill('SIGKILL');
});
