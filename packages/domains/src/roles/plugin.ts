import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { createRoleRoute } from './routes/create-role.ts';
import { deleteRoleRoute } from './routes/delete-role.ts';
import { getRoleRoute } from './routes/get-role.ts';
import { listPermissionsRoute } from './routes/list-permissions.ts';
import { listRolesRoute } from './routes/list-roles.ts';
import { updateRoleRoute } from './routes/update-role.ts';
import { createRolesService } from './service.ts';

export default async function rolesPlugin(app: App): Promise<void> {
  const service = createRolesService({
    ...app.platform,
    catalogue: app.permissions,
    rolesMax: app.settings.ROLES_MAX,
  });
  listRolesRoute(app, service);
  createRoleRoute(app, service);
  getRoleRoute(app, service);
  updateRoleRoute(app, service);
  deleteRoleRoute(app, service);
  listPermissionsRoute(app, service);
}
