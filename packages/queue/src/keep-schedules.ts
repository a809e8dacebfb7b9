import type { Log } from '@trellis/core/log';
import type { JobDefinition, JobHandler } from './define-job.ts';
import type { Jobs } from './producer.ts';

const checkMs = 60_000;
const retryMs = 2_000;
/** The connection to Redis is being opened at the same moment. */
const firstMs = 500;

export interface ScheduleOptions {
  handlers: ReadonlyMap<string, JobHandler>;
  jobs: Pick<Jobs, 'queue'>;
  log: Pick<Log, 'warn'>;
}

/**
 * Keeps the schedules of all jobs that run by themselves. Looked at now and then, because a Redis
 * that was away or was emptied has lost them.
 */
export function keepSchedules({ handlers, jobs, log }: ScheduleOptions): { stop(): Promise<void> } {
  const scheduled = [...handlers.values()]
    .map((handler) => handler.job)
    .filter((job) => job.everyMs !== undefined);
  let timer: NodeJS.Timeout;
  let checking = Promise.resolve();

  const ensureAll = async (): Promise<number> => {
    try {
      for (const job of scheduled) await ensure(jobs, job);
      return checkMs;
    } catch (err) {
      log.warn({ err }, 'The schedules of jobs cannot be written; trying again.');
      return retryMs;
    }
  };
  const check = () => {
    checking = ensureAll().then((nextMs) => {
      timer = setTimeout(check, nextMs);
    });
  };
  timer = setTimeout(check, firstMs);
  return {
    stop: async () => {
      await checking;
      clearTimeout(timer);
    },
  };
}

async function ensure(jobs: ScheduleOptions['jobs'], job: JobDefinition): Promise<void> {
  const queue = jobs.queue(job.queue);
  const kept = await queue.getJobScheduler(job.name);
  if (kept && Number(kept.every) === job.everyMs) return;
  await queue.upsertJobScheduler(
    job.name,
    { every: job.everyMs ?? 0 },
    { name: job.name, data: {}, opts: { removeOnComplete: true, removeOnFail: { count: 100 } } },
  );
}
