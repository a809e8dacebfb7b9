import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { CreateApiKeyBody, CreatedApiKeyReply } from '../schemas.ts';
import type { ApiKeysService } from '../service.ts';

export function createApiKeyRoute(app: App, service: Pick<ApiKeysService, 'create'>): void {
  app.post(
    '/api-keys',
    {
      config: {
        access: access.permission('api-keys:write'),
        audit: 'api_key.created',
        idempotent: true,
      },
      schema: {
        summary: 'Create an API key',
        description:
          'The key is in this answer alone. Nobody gives a key what they do not hold: each permission must be the caller’s.',
        tags: ['api-keys'],
        body: CreateApiKeyBody,
        response: replies({ 201: CreatedApiKeyReply }, 401, 403, 409, 422),
      },
    },
    async (request, reply) => {
      const created = await service.create(callOf(request), request.body);
      return reply.code(201).header('location', `/api/v1/api-keys/${created.id}`).send(created);
    },
  );
}
