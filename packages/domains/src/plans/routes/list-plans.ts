import { Type } from '@sinclair/typebox';
import type { TenantDb } from '@trellis/db/tenant-db';
import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { listPlans } from '../repository.ts';
import { Plan } from '../schemas.ts';

export function listPlansRoute(app: App, db: Pick<TenantDb, 'withTenant'>): void {
  app.get(
    '/plans',
    {
      config: { access: access.authenticated() },
      schema: {
        summary: 'List the plans',
        description: 'All plans of this installation, the smallest rate limit first.',
        tags: ['plans'],
        response: replies({ 200: Type.Object({ data: Type.Array(Plan) }) }, 401, 403),
      },
    },
    async (request) => ({
      data: await db.withTenant(callOf(request).tenantId, listPlans),
    }),
  );
}
