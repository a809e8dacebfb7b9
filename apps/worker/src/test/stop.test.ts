import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTestDatabase } from '@trellis/test/database';
import { eventually } from '@trellis/test/eventually';
import { asSystem } from '@trellis/test/installation';
import { testEnv, workerSettingsOf } from '@trellis/test/settings';
import t from 'tap';
import { startWorker } from '../app.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A domain that writes down, in a file beside it, what happens to it. */
const domain = {
  'jobs.ts': `import { Type } from '@sinclair/typebox';
    import { defineJob } from '@trellis/queue/define-job';
    export const send = defineJob({
      name: 'letters.send', queue: 'email', payload: Type.Object({}), attempts: 1,
    });`,
  'worker.ts': `import { appendFileSync } from 'node:fs';
    import { setTimeout as wait } from 'node:timers/promises';
    import { handleJob } from '@trellis/queue/define-job';
    import { send } from './jobs.ts';
    const tell = (what) => appendFileSync(import.meta.dirname + '/told', what + ' ');
    const handler = handleJob(send, async () => {
      tell('begins');
      await wait(1_500);
      tell('ends');
    });
    export default () => ({
      handlers: [handler],
      drain: async () => tell('drains'),
      close: async () => tell('closes'),
    });`,
  told: '',
};

t.test('what handlers use is closed once they have ended', async (t) => {
  const database = await createTestDatabase(t);
  const domains = t.testdir({ letters: domain });
  const told = () => readFileSync(join(domains, 'letters/told'), 'utf8').trim();
  await asSystem(
    database,
    (tx) => tx.sql`
      insert into jobs (id, queue, name, payload)
      values (gen_random_uuid(), 'email', 'letters.send', '{}')`,
  );
  const settings = workerSettingsOf(testEnv(database));
  const worker = await startWorker(settings, { log: silent, domains });
  await eventually(() => told() === 'begins');
  await worker.stop();
  t.equal(told(), 'begins drains ends closes');
});
