import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { createApiKeyRoute } from './routes/create-api-key.ts';
import { deleteApiKeyRoute } from './routes/delete-api-key.ts';
import { getApiKeyRoute } from './routes/get-api-key.ts';
import { listApiKeysRoute } from './routes/list-api-keys.ts';
import { createApiKeysService } from './service.ts';

export default async function apiKeysPlugin(app: App): Promise<void> {
  const service = createApiKeysService({
    ...app.platform,
    catalogue: app.permissions,
    keysMax: app.settings.API_KEYS_MAX,
  });
  listApiKeysRoute(app, service);
  createApiKeyRoute(app, service);
  getApiKeyRoute(app, service);
  deleteApiKeyRoute(app, service);
}
