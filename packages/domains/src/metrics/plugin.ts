import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { createAdmitReader } from './admit-reader.ts';
import { collectParts } from './collect-parts.ts';
import { getMetricsRoute } from './routes/get-metrics.ts';

/** Beside the versioned API, where Prometheus looks for it. */
export const prefixOverride = '';

export default async function metricsPlugin(app: App): Promise<void> {
  collectParts(app.platform);
  getMetricsRoute(app, app.platform.metrics, createAdmitReader(app.settings.METRICS_TOKEN));
}
