import { handleJob, type WorkerModule } from '@trellis/queue/define-job';
import type { WorkerPlatform } from '../platform.ts';
import { tellPlanChange } from './jobs.ts';
import { createTeller } from './tell-change.ts';

export default function createWorker(platform: WorkerPlatform): WorkerModule {
  return { handlers: [handleJob(tellPlanChange, createTeller(platform))] };
}
