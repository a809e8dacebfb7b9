import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { domainsFolder } from '../folder.ts';
import { loadQuotas } from '../plans/load-quotas.ts';
import { auditRefusals } from './audit-refusals.ts';
import { createAdminPlansService } from './plans/service.ts';
import { createPlanRoute } from './routes/create-plan.ts';
import { getPlanRoute } from './routes/get-plan.ts';
import { getTenantRoute } from './routes/get-tenant.ts';
import { listPlansRoute } from './routes/list-plans.ts';
import { listTenantsRoute } from './routes/list-tenants.ts';
import { setTenantPlanRoute } from './routes/set-tenant-plan.ts';
import { updatePlanRoute } from './routes/update-plan.ts';
import { updateTenantRoute } from './routes/update-tenant.ts';
import { createAdminTenantsService } from './tenants/service.ts';

export default async function adminPlugin(app: App): Promise<void> {
  auditRefusals(app);
  const plans = createAdminPlansService(app.platform);
  listPlansRoute(app, plans);
  createPlanRoute(app, plans);
  getPlanRoute(app, plans);
  updatePlanRoute(app, plans);

  const quotas = await loadQuotas(domainsFolder);
  const tenants = createAdminTenantsService({ ...app.platform, quotas });
  listTenantsRoute(app, tenants);
  getTenantRoute(app, tenants);
  updateTenantRoute(app, tenants);
  setTenantPlanRoute(app, tenants);
}
