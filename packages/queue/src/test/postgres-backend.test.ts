import { queueNames } from '@trellis/core/queue-names';
import { eventually } from '@trellis/test/eventually';
import { startProxy } from '@trellis/test/proxy';
import postgres from 'postgres';
import t from 'tap';
import { greet, openRelay, openSite, prepareSite, rowsOf, work } from './open-site.ts';

t.test('queues that were first used while Postgres was away come back', async (t) => {
  const site = await prepareSite(t, 'postgres');
  const proxy = await startProxy(t, site.database.appUrl);
  proxy.cut();
  const opened = await openSite(t, site, { queueUrl: proxy.url });
  const done: unknown[] = [];
  work(t, opened, async (payload) => {
    done.push(payload);
  });
  await t.rejects(opened.backend.ping());
  await t.rejects(opened.jobs.queue(greet.queue).getJobCounts());
  await opened.db.asSystem((tx) => opened.jobs.enqueue(tx, greet, { name: 'Ada' }));
  await t.rejects(openRelay(opened).relay());

  proxy.restore();
  await eventually(() => opened.jobs.queue(greet.queue).getJobCounts());
  t.pass('queues answer');
  await eventually(() => openRelay(opened).relay());
  await eventually(async () => (await rowsOf(opened)).length === 0);
  t.same(done, [{ name: 'Ada' }], 'and workers work');

  proxy.drop();
  await opened.db.asSystem((tx) => opened.jobs.enqueue(tx, greet, { name: 'Bob' }));
  await eventually(async () => {
    await openRelay(opened).relay();
    return (await rowsOf(opened)).length === 0;
  });
  t.same(done[1], { name: 'Bob' }, 'also after their connections were lost');
});

t.test('all queues and workers of a process share eight connections', async (t) => {
  const site = await prepareSite(t, 'postgres');
  const { backend, jobs } = await openSite(t, site);
  const running: string[] = [];
  for (const name of queueNames) {
    const worker = backend.openWorker(name, async (job) => void running.push(job.name), {
      concurrency: 10,
      onFailed: () => {},
    });
    t.teardown(() => worker.close());
  }
  const names = Array.from({ length: 25 }, (_, number) => `job ${number}`);
  await Promise.all(
    queueNames.map((queue) => jobs.queue(queue).addBulk(names.map((name) => ({ name, data: {} })))),
  );
  await eventually(() => running.length === queueNames.length * names.length);
  const sql = postgres(site.database.ownerUrl, { max: 1, connection: { application_name: 'me' } });
  t.teardown(() => sql.end());
  const [row] = await sql`
    select count(*)::int as open from pg_stat_activity
    where datname = current_database() and usename <> current_user
      and application_name <> 'trellis-queue-test'`;
  t.ok(row?.open > queueNames.length && row?.open <= 8, `${row?.open} are open`);
});
