import multipart from '@fastify/multipart';
import fastifyStatic from '@fastify/static';
import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { deleteFileRoute } from './routes/delete-file.ts';
import { downloadLinkedRoute } from './routes/download-linked.ts';
import { getContentRoute } from './routes/get-content.ts';
import { getFileRoute } from './routes/get-file.ts';
import { linkFileRoute } from './routes/link-file.ts';
import { listFilesRoute } from './routes/list-files.ts';
import { uploadFileRoute } from './routes/upload-file.ts';
import { createFilesService } from './service.ts';
import { uploadLimits } from './upload/read-upload.ts';

export default async function filesPlugin(app: App): Promise<void> {
  const service = createFilesService(app.platform, app.settings.FILE_SIZE_MAX_BYTES);
  app.addHook('onClose', () => service.close());
  await app.register(async (uploads) => {
    // Its body is multipart and nothing else.
    uploads.removeAllContentTypeParsers();
    await uploads.register(multipart, { limits: uploadLimits, preservePath: true });
    uploadFileRoute(uploads as App, service);
  });
  await app.register(fastifyStatic, { serve: false });
  listFilesRoute(app, service);
  downloadLinkedRoute(app, service);
  getFileRoute(app, service);
  getContentRoute(app, service);
  linkFileRoute(app, service);
  deleteFileRoute(app, service);
}
