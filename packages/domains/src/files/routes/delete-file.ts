import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { NoContent, replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import type { FilesService } from '../service.ts';

export function deleteFileRoute(app: App, service: FilesService): void {
  app.delete(
    '/files/:id',
    {
      config: { access: access.permission('files:delete'), audit: 'file.deleted' },
      schema: {
        summary: 'Delete a file',
        description: 'Links to it stop working, and its bytes are free again.',
        tags: ['files'],
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
