import { Type } from '@sinclair/typebox';
import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { Plan } from '../schemas.ts';
import type { PlansService } from '../service.ts';

export function listPlansRoute(app: App, service: Pick<PlansService, 'list'>): void {
  app.get(
    '/plans',
    {
      config: { access: access.authenticated() },
      schema: {
        summary: 'List the plans',
        description:
          'The public plans of this installation and the own one, the smallest rate limit first. What the own tenant may use, with the limits that are its alone, is in `GET /tenant/usage`.',
        tags: ['plans'],
        response: replies({ 200: Type.Object({ data: Type.Array(Plan) }) }, 401, 403),
      },
    },
    async (request) => ({ data: await service.list(callOf(request)) }),
  );
}
