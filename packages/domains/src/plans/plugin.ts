import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { domainsFolder } from '../folder.ts';
import { loadQuotas } from './load-quotas.ts';
import { getUsageRoute } from './routes/get-usage.ts';
import { listPlansRoute } from './routes/list-plans.ts';
import { createPlansService } from './service.ts';

export default async function plansPlugin(app: App): Promise<void> {
  const quotas = await loadQuotas(domainsFolder);
  const service = createPlansService({ ...app.platform, quotas, rateLimits: app.rateLimits });
  listPlansRoute(app, service);
  getUsageRoute(app, service, quotas);
}
