import type { WorkerSettings } from '@trellis/config/settings';
import type { Log } from '@trellis/core/log';
import { domainsFolder } from '@trellis/domains/folder';
import { openPlatform, type WorkerPlatform } from '@trellis/domains/platform';
import type { JobDefinition } from '@trellis/queue/define-job';
import { runWorkers } from '@trellis/queue/run-worker';
import { createWorkerHealth } from './health.ts';
import { loadHandlers } from './load-handlers.ts';
import { createRelayService } from './relay.ts';

export interface RunningWorker {
  /** Of the health server. */
  port: number;
  /** Takes no new work, ends what is under way, and closes every connection. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  log: Log;
  /** Where the domains are; another folder in tests of the loading itself. */
  domains?: string;
}

/** The worker with the handlers of all domains. Throws when a job has not exactly one handler. */
export async function startWorker(
  settings: WorkerSettings,
  { log, domains = domainsFolder }: WorkerOptions,
): Promise<RunningWorker> {
  const platform: WorkerPlatform = { ...openPlatform(settings, 'trellis-worker', log), settings };
  try {
    return await start(platform, domains);
  } catch (error) {
    await platform.close();
    throw error;
  }
}

async function start(platform: WorkerPlatform, domains: string): Promise<RunningWorker> {
  const { settings, log } = platform;
  const definitions = new Map<string, JobDefinition>();
  const relay = createRelayService(platform, definitions);
  const { handlers, modules } = await loadHandlers(domains, platform, [relay.handler]);
  for (const { job } of handlers.values()) definitions.set(job.name, job);

  const health = createWorkerHealth(platform);
  const port = await health.listen(settings.WORKER_HOST, settings.WORKER_PORT);
  const workers = runWorkers({
    backend: platform.queueBackend,
    db: platform.db,
    jobs: platform.jobs,
    handlers,
    concurrency: {
      webhooks: 1,
      email: settings.EMAIL_CONCURRENCY,
      cleanup: settings.CLEANUP_CONCURRENCY,
      default: settings.JOB_CONCURRENCY,
    },
    drainMs: Math.round(settings.SHUTDOWN_TIMEOUT_MS * 0.6),
    metrics: platform.metrics,
    log,
  });
  relay.start();
  for (const module of modules) await module.start?.();
  log.info({ port, jobs: [...handlers.keys()] }, 'The worker runs.');

  return {
    port,
    stop: async () => {
      health.stopping();
      await Promise.all([
        workers.drain(),
        relay.stop(),
        ...modules.map((module) => module.drain?.()),
      ]);
      await Promise.all(modules.map((module) => module.close?.()));
      await health.close();
      await platform.close();
    },
  };
}
