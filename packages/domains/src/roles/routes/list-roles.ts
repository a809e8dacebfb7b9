import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { PageOf, PageQuery } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { RoleReply } from '../schemas.ts';
import type { RolesService } from '../service.ts';

export function listRolesRoute(app: App, service: Pick<RolesService, 'list'>): void {
  app.get(
    '/roles',
    {
      config: { access: access.permission('roles:read') },
      schema: {
        summary: 'List the roles',
        description: 'System roles and those of the tenant, the newest first.',
        tags: ['roles'],
        querystring: PageQuery,
        response: replies({ 200: PageOf(RoleReply) }, 401, 403),
      },
    },
    (request) => service.list(callOf(request), request.query),
  );
}
