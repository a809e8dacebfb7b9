import { Gauge } from '@trellis/core/metrics';
import { createReading } from '@trellis/core/reading';
import { checkDatabase, checkRedis, runCheck } from '../health/checks.ts';
import type { Platform } from '../platform.ts';
import { countJobs } from './count-jobs.ts';

type Needs = Pick<Platform, 'db' | 'queueBackend' | 'metrics'>;

/**
 * What a process knows of the parts of the installation, asked when somebody looks and at most
 * every 5 s. What does not answer leaves its gauge out.
 */
export function collectParts(platform: Needs): void {
  collectDependencies(platform);
  collectJobs(platform);
}

function collectDependencies(platform: Needs): void {
  const read = createReading(async () => {
    const [database, redis] = await Promise.all([
      runCheck(checkDatabase(platform), 'unhealthy'),
      runCheck(checkRedis(platform), 'unhealthy'),
    ]);
    return Object.entries({ database, redis });
  });
  new Gauge({
    name: 'trellis_dependency_up',
    help: 'Whether this process reaches the part: 1 or 0.',
    labelNames: ['name'],
    registers: [platform.metrics],
    async collect() {
      const parts = await read();
      this.reset();
      for (const [name, { status }] of parts ?? []) {
        if (status !== 'not_configured') this.set({ name }, status === 'healthy' ? 1 : 0);
      }
    },
  });
}

function collectJobs({ db, metrics }: Needs): void {
  const read = createReading(() => countJobs(db));
  const gauge = (name: string, help: string, state: 'waiting' | 'failed') =>
    new Gauge({
      name,
      help,
      labelNames: ['queue'],
      registers: [metrics],
      async collect() {
        const counts = await read();
        this.reset();
        for (const count of counts ?? []) this.set({ queue: count.queue }, count[state]);
      },
    });
  gauge('trellis_jobs_waiting', 'Jobs that are due and not done, at most 100000.', 'waiting');
  gauge('trellis_jobs_failed', 'Jobs that were given up and are kept, at most 100000.', 'failed');
}
