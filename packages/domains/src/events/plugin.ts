import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { getEventRoute } from './routes/get-event.ts';
import { listEventsRoute } from './routes/list-events.ts';
import { publishEventRoute } from './routes/publish-event.ts';
import { createEventsService } from './service.ts';

export default async function eventsPlugin(app: App): Promise<void> {
  const service = createEventsService(app.platform);
  publishEventRoute(app, app.platform);
  listEventsRoute(app, service);
  getEventRoute(app, service);
}
