import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { sendContent } from '../download/send-content.ts';
import { ContentHeaders, ContentReply, NotModifiedReply } from '../schemas.ts';
import type { FilesService } from '../service.ts';

export function getContentRoute(app: App, service: FilesService): void {
  app.get(
    '/files/:id/content',
    {
      config: { access: access.permission('files:read') },
      schema: {
        summary: 'Download a file',
        description:
          'Always as an attachment. Takes one range, and compares the `ETag`, which is made from the content.',
        tags: ['files'],
        params: IdParams,
        headers: ContentHeaders,
        response: replies(
          { 200: ContentReply, 206: ContentReply, 304: NotModifiedReply },
          401,
          403,
          404,
          412,
          416,
        ),
      },
    },
    async (request, reply) => {
      const file = await service.open(callOf(request), request.params.id);
      return sendContent(request, reply, app.platform.storage, file);
    },
  );
}
