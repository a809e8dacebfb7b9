import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { PageOf } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { FileReply, FilesQuery } from '../schemas.ts';
import type { FilesService } from '../service.ts';

export function listFilesRoute(app: App, service: FilesService): void {
  app.get(
    '/files',
    {
      config: { access: access.permission('files:read') },
      schema: {
        summary: 'List the files',
        description: 'The newest first.',
        tags: ['files'],
        querystring: FilesQuery,
        response: replies({ 200: PageOf(FileReply) }, 401, 403),
      },
    },
    (request) => service.list(callOf(request), request.query),
  );
}
