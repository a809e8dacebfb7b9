import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { getHealthRoute } from './routes/get-health.ts';
import { getLiveRoute } from './routes/get-live.ts';
import { getReadyRoute } from './routes/get-ready.ts';
import { createHealthService } from './service.ts';

/** Beside the versioned API, where orchestrators look for it. */
export const prefixOverride = '';

export default async function healthPlugin(app: App): Promise<void> {
  const service = createHealthService({ ...app.platform, rateLimits: app.rateLimits });
  app.addHook('preClose', async () => service.stopping());
  app.addHook('onClose', async () => service.close());
  getHealthRoute(app, service);
  getLiveRoute(app);
  getReadyRoute(app, service);
}
