import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { FileReply } from '../schemas.ts';
import type { FilesService } from '../service.ts';

export function getFileRoute(app: App, service: FilesService): void {
  app.get(
    '/files/:id',
    {
      config: { access: access.permission('files:read') },
      schema: {
        summary: 'Show a file',
        description: 'What is known of it; its content is at `/files/{id}/content`.',
        tags: ['files'],
        params: IdParams,
        response: replies({ 200: FileReply }, 401, 403, 404),
      },
    },
    (request) => service.get(callOf(request), request.params.id),
  );
}
