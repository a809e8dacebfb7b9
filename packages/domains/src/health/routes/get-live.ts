import { access } from '@trellis/http/access';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { Probe } from '../schemas.ts';

export function getLiveRoute(app: App): void {
  app.get(
    '/health/live',
    {
      config: { access: access.public(), limits: false },
      schema: {
        summary: 'Liveness',
        description: 'Answers as long as the process runs; it asks no other part.',
        tags: ['health'],
        security: [],
        response: replies({ 200: Probe }),
      },
    },
    async () => ({ status: 'healthy' as const }),
  );
}
