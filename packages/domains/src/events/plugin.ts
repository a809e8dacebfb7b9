import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { domainsFolder } from '../folder.ts';
import { createDataCheck } from './catalogue/check-data.ts';
import { loadCatalogue } from './catalogue/load-catalogue.ts';
import { createCatalogueService } from './catalogue/service.ts';
import { createEventTypeRoute } from './routes/create-event-type.ts';
import { deleteEventTypeRoute } from './routes/delete-event-type.ts';
import { getEventRoute } from './routes/get-event.ts';
import { getEventTypeRoute } from './routes/get-event-type.ts';
import { listEventTypesRoute } from './routes/list-event-types.ts';
import { listEventsRoute } from './routes/list-events.ts';
import { publishEventRoute } from './routes/publish-event.ts';
import { updateEventTypeRoute } from './routes/update-event-type.ts';
import { createEventsService } from './service.ts';

export default async function eventsPlugin(app: App): Promise<void> {
  const { platform, settings } = app;
  const dataBytesMax = settings.EVENT_DATA_BYTES_MAX;
  const needs = { ...platform, catalogue: await loadCatalogue(domainsFolder) };
  const checkData = createDataCheck({ ...needs, dataBytesMax });
  const types = createCatalogueService({
    ...needs,
    typesMax: settings.EVENT_TYPES_MAX,
    schemaBytesMax: settings.EVENT_SCHEMA_BYTES_MAX,
  });
  const events = createEventsService(platform);
  publishEventRoute(app, { ...platform, checkData, dataBytesMax });
  listEventsRoute(app, events);
  getEventRoute(app, events);
  listEventTypesRoute(app, types);
  getEventTypeRoute(app, types);
  createEventTypeRoute(app, types);
  updateEventTypeRoute(app, types);
  deleteEventTypeRoute(app, types);
}
