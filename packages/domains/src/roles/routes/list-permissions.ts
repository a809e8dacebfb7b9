import { access } from '@trellis/http/access';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { PermissionsReply } from '../schemas.ts';
import type { RolesService } from '../service.ts';

export function listPermissionsRoute(app: App, service: Pick<RolesService, 'permissions'>): void {
  app.get(
    '/permissions',
    {
      config: { access: access.permission('roles:read') },
      schema: {
        summary: 'List the permissions',
        description: 'All that a role of a tenant can hold, collected from the routes, by name.',
        tags: ['roles'],
        response: replies({ 200: PermissionsReply }, 401, 403),
      },
    },
    async () => ({ data: service.permissions() }),
  );
}
