import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '@trellis/core/log';
import type { Metrics } from '@trellis/core/metrics';
import type { QueueName } from '@trellis/core/queue-names';
import type { Processor } from 'bullmq';
import type { QueueBackend, QueueWorker } from './backend.ts';
import { keepSchedules } from './keep-schedules.ts';
import { measureJobs } from './measure-jobs.ts';
import type { Jobs } from './producer.ts';
import { type RunJobOptions, runJob } from './run-job.ts';

export interface RunWorkersOptions extends RunJobOptions {
  backend: QueueBackend;
  jobs: Pick<Jobs, 'queue'>;
  concurrency: Record<QueueName, number>;
  /** A drain waits this long for jobs under way; what it gives up is done by another worker. */
  drainMs: number;
  metrics: Metrics;
  log: Log;
}

export interface RunningWorkers {
  /** Takes no new jobs, and resolves when those under way have ended or the time is over. */
  drain(): Promise<void>;
}

/** Starts one BullMQ worker for each queue that has handlers, and the schedules of their jobs. */
export function runWorkers(options: RunWorkersOptions): RunningWorkers {
  const byQueue = Map.groupBy(options.handlers.values(), (handler) => handler.job.queue);
  const run = measureJobs(options.metrics, new Set(options.handlers.keys()), (job, token) =>
    runJob(options, job, token),
  );
  const workers = [...byQueue.keys()].map((name) => startWorker(options, name, run));
  const schedules = keepSchedules(options);
  return {
    drain: async () => {
      // A Redis that is frozen answers nothing, not even that a worker leaves.
      const late = wait(options.drainMs, undefined, { ref: false });
      const closed = Promise.all(workers.map((worker) => worker.close()));
      await Promise.race([Promise.all([schedules.stop(), closed]), late]);
    },
  };
}

function startWorker(options: RunWorkersOptions, name: QueueName, run: Processor): QueueWorker {
  const { backend, concurrency, log } = options;
  return backend.openWorker(name, run, {
    concurrency: concurrency[name],
    onFailed: (job, err) =>
      log.warn({ err, job: job?.name, id: job?.id, attempt: job?.attemptsMade }, 'A job failed.'),
  });
}
