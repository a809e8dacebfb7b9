import type { WorkerModule } from '@trellis/queue/define-job';
import type { WorkerPlatform } from '../platform.ts';
import { collectParts } from './collect-parts.ts';

/** The worker's health port answers them; see apps/worker/src/health.ts. */
export default function createWorker(platform: WorkerPlatform): WorkerModule {
  collectParts(platform);
  return { handlers: [] };
}
