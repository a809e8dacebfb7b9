import type { WorkerPlatform } from '@trellis/domains/platform';
import { handleJob, type JobDefinition, type JobHandler } from '@trellis/queue/define-job';
import { createRelay, relayJobs } from '@trellis/queue/relay';

export interface RelayService {
  handler: JobHandler;
  start(): void;
  stop(): Promise<void>;
}

/** Moves committed jobs to the queue: when it is rung for, and now and then without. */
export function createRelayService(
  platform: WorkerPlatform,
  definitions: ReadonlyMap<string, JobDefinition>,
): RelayService {
  const { relay } = createRelay(platform.db, platform.jobs, definitions);
  let timer: NodeJS.Timeout | undefined;
  let sweeping = Promise.resolve();
  const sweep = async (): Promise<void> => {
    try {
      await relay();
    } catch (err) {
      platform.log.warn({ err }, 'Jobs cannot be moved to the queue; trying again.');
    }
    timer = setTimeout(again, platform.settings.JOB_RELAY_MS);
  };
  const again = () => {
    sweeping = sweep();
  };
  return {
    handler: handleJob(relayJobs, async () => {
      await relay();
    }),
    start: again,
    stop: async () => {
      await sweeping;
      clearTimeout(timer);
    },
  };
}
