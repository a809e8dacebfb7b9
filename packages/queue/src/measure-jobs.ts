import { Histogram, type Metrics } from '@trellis/core/metrics';
import { DelayedError, type Job } from 'bullmq';

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

type Run = (job: Job, token: string | undefined) => Promise<void>;

/** `run`, with how long each try of a known job takes and how it ends. */
export function measureJobs(metrics: Metrics, names: ReadonlySet<string>, run: Run): Run {
  const durations = new Histogram({
    name: 'trellis_job_duration_seconds',
    help: 'One try of a job, by how it ended.',
    labelNames: ['job', 'outcome'],
    buckets,
    registers: [metrics],
  });
  return async (job, token) => {
    const startedMs = performance.now();
    let outcome = 'done';
    try {
      await run(job, token);
    } catch (error) {
      // No try was counted, as its row could not be reached.
      outcome = error instanceof DelayedError ? 'postponed' : 'failed';
      throw error;
    } finally {
      const seconds = (performance.now() - startedMs) / 1_000;
      // Another release may have queued it: its name is anybody's.
      if (names.has(job.name)) durations.observe({ job: job.name, outcome }, seconds);
    }
  };
}
