import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { FileReply, UploadBody } from '../schemas.ts';
import type { FilesService } from '../service.ts';
import { readUpload } from '../upload/read-upload.ts';

export function uploadFileRoute(app: App, service: FilesService): void {
  app.post(
    '/files',
    {
      config: {
        access: access.permission('files:write'),
        audit: 'file.created',
        idempotent: true,
        streamsBody: true,
      },
      schema: {
        summary: 'Upload a file',
        description:
          'At most `maxStorage` of the plan and the largest size of a file; an upload that goes beyond is ended there, and nothing of it is kept. The type is told from the content. With an `Idempotency-Key`, the content of a repeated upload is not compared.',
        tags: ['files'],
        consumes: ['multipart/form-data'],
        body: UploadBody,
        response: replies({ 201: FileReply }, 401, 403, 408, 409, 413, 415),
      },
      // At `trace` the parser of the body logs the headers, and the credential among them.
      ...(app.log.level === 'trace' && { logLevel: 'debug' }),
      // The body is no object: its parts are read as they arrive.
      validatorCompiler: () => () => true,
    },
    async (request, reply) => {
      const file = await service.upload(callOf(request), await readUpload(request));
      return reply.code(201).header('location', `/api/v1/files/${file.id}`).send(file);
    },
  );
}
