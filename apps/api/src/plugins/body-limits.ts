import type { App } from '@trellis/http/types';
import plugin from 'fastify-plugin';
import { letBodyStream, watchBodies } from '../watch-bodies.ts';
import type { PluginOptions } from './platform.ts';

const lingerMs = 5_000;

/** How long the body of a request may take, by what its route declares. */
async function bodyLimitsPlugin(app: App, { settings }: PluginOptions): Promise<void> {
  watchBodies(app.server, {
    wholeMs: settings.REQUEST_TIMEOUT_MS,
    idleMs: settings.UPLOAD_IDLE_TIMEOUT_MS,
    lingerMs,
  });
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.streamsBody) letBodyStream(request.raw);
    done();
  });
}

export default plugin(bodyLimitsPlugin, { name: 'body-limits' });
