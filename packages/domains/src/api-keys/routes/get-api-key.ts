import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { ApiKeyReply } from '../schemas.ts';
import type { ApiKeysService } from '../service.ts';

export function getApiKeyRoute(app: App, service: Pick<ApiKeysService, 'get'>): void {
  app.get(
    '/api-keys/:id',
    {
      config: { access: access.permission('api-keys:read') },
      schema: {
        summary: 'Show an API key',
        description: 'With the beginning of the key, not the key.',
        tags: ['api-keys'],
        params: IdParams,
        response: replies({ 200: ApiKeyReply }, 401, 403, 404),
      },
    },
    (request) => service.get(callOf(request), request.params.id),
  );
}
