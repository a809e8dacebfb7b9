import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { createLinkBody, LinkReply } from '../schemas.ts';
import type { FilesService } from '../service.ts';

export function linkFileRoute(app: App, service: FilesService): void {
  const { PUBLIC_URL, FILE_LINK_TTL_SECONDS_MAX: secondsMax } = app.settings;
  app.post(
    '/files/:id/link',
    {
      config: { access: access.permission('files:read'), audit: 'file.shared' },
      schema: {
        summary: 'Make a link to a file',
        description:
          'It works without a credential until it expires or the file is deleted, and not while the tenant is suspended.',
        tags: ['files'],
        params: IdParams,
        body: createLinkBody(secondsMax),
        response: replies({ 200: LinkReply }, 401, 403, 404),
      },
    },
    async (request) => {
      const { expiresInSeconds = secondsMax } = request.body;
      const link = await service.link(callOf(request), request.params.id, expiresInSeconds);
      const base = PUBLIC_URL ?? `${request.protocol}://${request.host}`;
      const query = new URLSearchParams(link.query);
      const url = `${base.replace(/\/+$/, '')}/api/v1/files/download?${query}`;
      return { url, expiresAt: link.expiresAt };
    },
  );
}
