import type { App } from '@trellis/http/types';
import plugin from 'fastify-plugin';
import type { PluginOptions } from './platform.ts';

/** Of requests that are over a limit, which come by the thousand, one line in this time. */
const refusedEveryMs = 1_000;

/**
 * One line when a request has ended; logging both ends costs more than many routes do. Metrics count
 * what is over a limit; the log shows one of them each second, and how many there were since.
 */
async function requestLogPlugin(app: App, { settings }: PluginOptions): Promise<void> {
  const all = settings.LOG_REQUESTS === 'all';
  let refused = 0;
  let refusedLoggedMs = 0;
  /** Undefined for one that is not logged. */
  const takeRefused = (): number | undefined => {
    refused += 1;
    const nowMs = performance.now();
    if (nowMs - refusedLoggedMs < refusedEveryMs && refusedLoggedMs > 0) return undefined;
    refusedLoggedMs = nowMs;
    const count = refused;
    refused = 0;
    return count;
  };
  app.addHook('onResponse', (request, reply, done) => {
    const { statusCode } = reply;
    const requests = statusCode === 429 && !all ? takeRefused() : 1;
    if ((all || statusCode >= 400) && requests !== undefined) {
      request.log.info(
        {
          method: request.method,
          route: request.routeOptions.url,
          status: reply.statusCode,
          durationMs: Math.round(reply.elapsedTime * 10) / 10,
          tenantId: request.call?.tenantId,
          ip: request.ip,
          ...(requests > 1 && { requests }),
        },
        'Request',
      );
    }
    done();
  });
}

export default plugin(requestLogPlugin, { name: 'request-log', dependencies: ['authentication'] });
