import { Type } from '@sinclair/typebox';
import { defineJob, handleJob } from '@trellis/queue/define-job';
import { keepSchedules } from '@trellis/queue/keep-schedules';
import { eventually } from '@trellis/test/eventually';
import { backends } from '@trellis/test/settings';
import t from 'tap';
import { openSite, prepareSite } from './open-site.ts';

for (const backend of backends) {
  t.test(`a schedule follows its job's definition (${backend})`, async (t) => {
    const { jobs } = await openSite(t, await prepareSite(t, backend));
    for (const everyMs of [3_600_000, 60_000]) {
      const job = defineJob({
        name: 'test.sweep',
        queue: 'cleanup',
        payload: Type.Object({}),
        everyMs,
      });
      const handlers = new Map([[job.name, handleJob(job, async () => {})]]);
      const schedules = keepSchedules({ handlers, jobs, log: { warn() {} } });
      const queue = jobs.queue(job.queue);
      await eventually(
        async () => Number((await queue.getJobScheduler(job.name))?.every) === everyMs,
      );
      await schedules.stop();
      const { delayed = 0, waiting = 0 } = await queue.getJobCounts('delayed', 'waiting');
      t.equal(delayed + waiting, 1, `there is one next run, every ${everyMs} ms`);
    }
  });
}
