import type { App } from '@trellis/http/types';
import plugin from 'fastify-plugin';
import type { PluginOptions } from './platform.ts';

/** One line when a request has ended; logging both ends costs more than many routes do. */
async function requestLogPlugin(app: App, { settings }: PluginOptions): Promise<void> {
  const all = settings.LOG_REQUESTS === 'all';
  app.addHook('onResponse', (request, reply, done) => {
    if (all || reply.statusCode >= 400) {
      request.log.info(
        {
          method: request.method,
          route: request.routeOptions.url,
          status: reply.statusCode,
          durationMs: Math.round(reply.elapsedTime * 10) / 10,
          tenantId: request.call?.tenantId,
          ip: request.ip,
        },
        'Request',
      );
    }
    done();
  });
}

export default plugin(requestLogPlugin, { name: 'request-log', dependencies: ['authentication'] });
