import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { PageOf, PageQuery } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { ApiKeyReply } from '../schemas.ts';
import type { ApiKeysService } from '../service.ts';

export function listApiKeysRoute(app: App, service: Pick<ApiKeysService, 'list'>): void {
  app.get(
    '/api-keys',
    {
      config: { access: access.permission('api-keys:read') },
      schema: {
        summary: 'List the API keys',
        description: 'The newest first; expired ones stay for 30 days.',
        tags: ['api-keys'],
        querystring: PageQuery,
        response: replies({ 200: PageOf(ApiKeyReply) }, 401, 403),
      },
    },
    (request) => service.list(callOf(request), request.query),
  );
}
