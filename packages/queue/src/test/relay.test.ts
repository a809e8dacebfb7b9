import { eventually } from '@trellis/test/eventually';
import { backends } from '@trellis/test/settings';
import t from 'tap';
import { greet, openRelay, openSite, prepareSite } from './open-site.ts';

const dayMs = 86_400_000;

for (const backend of backends) {
  t.test(`jobs of the distant future do not hold up the others (${backend})`, async (t) => {
    const site = await openSite(t, await prepareSite(t, backend));
    const { db, jobs } = site;
    const inMs = (ms: number) => ({ runAt: new Date(Date.now() + ms) });
    await db.asSystem(async (tx) => {
      await jobs.enqueue(tx, greet, { name: 'in 60 days' }, inMs(60 * dayMs));
      await jobs.enqueue(tx, greet, { name: 'in half an hour' }, inMs(dayMs / 48));
      await jobs.enqueue(tx, greet, { name: 'now' });
    });
    const moved = await eventually(() => openRelay(site).relay());
    t.equal(moved, 2, 'those of the next hour');
    t.match(await jobs.queue(greet.queue).getJobCounts('delayed'), { delayed: 1 });
  });
}
