import { holdsPermission, platformPermission } from '@trellis/core/permissions';
import { access } from '@trellis/http/access';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { Health } from '../schemas.ts';
import type { HealthService } from '../service.ts';

export function getHealthRoute(app: App, service: HealthService): void {
  app.get(
    '/health',
    {
      config: { access: access.optional(), limits: false },
      schema: {
        summary: 'Show the health',
        description:
          '200 when healthy or degraded, 503 when not. Platform administrators also see latencies and details.',
        tags: ['health'],
        response: replies({ 200: Health, 503: Health }, 401, 403, 429),
      },
    },
    async (request, reply) => {
      const details = holdsPermission(request.call?.permissions ?? new Set(), platformPermission);
      const health = await service.report(details);
      reply.header('cache-control', 'no-store');
      return reply.code(health.status === 'unhealthy' ? 503 : 200).send(health);
    },
  );
}
