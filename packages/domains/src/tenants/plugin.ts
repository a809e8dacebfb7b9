import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { getTenantRoute } from './routes/get-tenant.ts';
import { updateTenantRoute } from './routes/update-tenant.ts';
import { createTenantsService } from './service.ts';

export default async function tenantsPlugin(app: App): Promise<void> {
  const service = createTenantsService(app.platform);
  getTenantRoute(app, service);
  updateTenantRoute(app, service);
}
