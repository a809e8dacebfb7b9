import { access } from '@trellis/http/access';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { Probe } from '../schemas.ts';
import type { HealthService } from '../service.ts';

export function getReadyRoute(app: App, service: HealthService): void {
  app.get(
    '/health/ready',
    {
      config: { access: access.public(), limits: false },
      schema: {
        summary: 'Readiness',
        description: '503 while the database is away or the process is stopping.',
        tags: ['health'],
        security: [],
        response: replies({ 200: Probe, 503: Probe }),
      },
    },
    async (_request, reply) => {
      const ready = await service.ready();
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'healthy' : 'unhealthy' });
    },
  );
}
