import { Type } from '@sinclair/typebox';
import type { Metrics } from '@trellis/core/metrics';
import { access } from '@trellis/http/access';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import type { AdmitReader } from '../admit-reader.ts';

const MetricsReply = Type.Unsafe<string>({
  description: 'The text format of Prometheus, version 0.0.4.',
  content: {
    'text/plain': {
      schema: Type.String({ examples: ['trellis_dependency_up{name="database"} 1\n'] }),
    },
  },
});

export function getMetricsRoute(app: App, metrics: Metrics, admit: AdmitReader): void {
  app.get(
    '/metrics',
    {
      // It has a credential of its own, which is no tenant's.
      config: { access: access.public(), limits: false },
      schema: {
        summary: 'Show the metrics',
        description:
          'Of this process, for Prometheus. Needs `Authorization: Bearer` with `METRICS_TOKEN`; where that is not set, only callers on the same machine get an answer.',
        tags: ['health'],
        security: [],
        response: replies({ 200: MetricsReply }, 401, 403, 429),
      },
    },
    async (request, reply) => {
      try {
        admit(request.raw);
      } catch (error) {
        await app.limitRefused(request, reply);
        throw error;
      }
      reply.header('cache-control', 'no-store').type(metrics.contentType);
      return metrics.metrics();
    },
  );
}
