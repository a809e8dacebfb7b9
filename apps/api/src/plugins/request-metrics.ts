import { Histogram } from '@trellis/core/metrics';
import type { App } from '@trellis/http/types';
import plugin from 'fastify-plugin';

type Durations = Histogram.Internal<string>;

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * How long each route takes. By its pattern: URLs hold ids, and are without number. What is counted
 * under is looked up once for each route and status, as every request pays for it.
 */
async function requestMetricsPlugin(app: App): Promise<void> {
  const histogram = new Histogram({
    name: 'trellis_http_request_duration_seconds',
    help: 'From the first byte of a request to the last of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets,
    registers: [app.platform.metrics],
  });
  const known = new Map<string, Map<string, Map<number, Durations>>>();
  const durationsOf = (method: string, route: string, status: number): Durations => {
    const byRoute = entryOf(known, method, () => new Map<string, Map<number, Durations>>());
    const byStatus = entryOf(byRoute, route, () => new Map<number, Durations>());
    return entryOf(byStatus, status, () => histogram.labels(method, route, String(status)));
  };

  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    durationsOf(request.method, route, reply.statusCode).observe(reply.elapsedTime / 1_000);
    done();
  });
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

export default plugin(requestMetricsPlugin, {
  name: 'request-metrics',
  dependencies: ['platform'],
});
