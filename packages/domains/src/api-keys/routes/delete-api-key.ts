import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { NoContent, replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import type { ApiKeysService } from '../service.ts';

export function deleteApiKeyRoute(app: App, service: Pick<ApiKeysService, 'delete'>): void {
  app.delete(
    '/api-keys/:id',
    {
      config: { access: access.permission('api-keys:delete'), audit: 'api_key.deleted' },
      schema: {
        summary: 'Delete an API key',
        description: 'It is refused at once, in every process.',
        tags: ['api-keys'],
        params: IdParams,
        response: replies({ 204: NoContent }, 401, 403, 404),
      },
    },
    async (request, reply) => {
      await service.delete(callOf(request), request.params.id);
      return reply.code(204).send(null);
    },
  );
}
