import { access } from '@trellis/http/access';
import { routeCosts } from '@trellis/http/rate-limit';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { sendContent } from '../download/send-content.ts';
import { ContentHeaders, ContentReply, LinkQuery, NotModifiedReply } from '../schemas.ts';
import type { FilesService } from '../service.ts';

export function downloadLinkedRoute(app: App, service: FilesService): void {
  app.get(
    '/files/download',
    {
      config: { access: access.public(), limits: routeCosts.download },
      schema: {
        summary: 'Download a file by a link',
        description:
          'The signature of the link is all that is asked for. No link works while the tenant is suspended.',
        tags: ['files'],
        querystring: LinkQuery,
        headers: ContentHeaders,
        response: replies(
          { 200: ContentReply, 206: ContentReply, 304: NotModifiedReply },
          403,
          404,
          412,
          416,
        ),
      },
    },
    async (request, reply) => {
      const file = await service.openLinked(request.query);
      return sendContent(request, reply, app.platform.storage, file);
    },
  );
}
