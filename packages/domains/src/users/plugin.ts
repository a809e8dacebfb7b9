import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { createUserRoute } from './routes/create-user.ts';
import { deleteUserRoute } from './routes/delete-user.ts';
import { getUserRoute } from './routes/get-user.ts';
import { listUsersRoute } from './routes/list-users.ts';
import { setUserRolesRoute } from './routes/set-user-roles.ts';
import { updateUserRoute } from './routes/update-user.ts';
import { createUsersService } from './service.ts';

export default async function usersPlugin(app: App): Promise<void> {
  const service = createUsersService(app.platform);
  listUsersRoute(app, service);
  createUserRoute(app, service);
  getUserRoute(app, service);
  updateUserRoute(app, service);
  setUserRolesRoute(app, service);
  deleteUserRoute(app, service);
}
