import { platformPermission } from '@trellis/core/permissions';
import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { PlanParams, PlanReply } from '../plan-schemas.ts';
import { presentPlan } from '../plans/present-plan.ts';
import type { AdminPlansService } from '../plans/service.ts';

export function getPlanRoute(app: App, service: Pick<AdminPlansService, 'get'>): void {
  app.get(
    '/admin/plans/:planType',
    {
      config: { access: access.permission(platformPermission), audit: 'plan.read' },
      schema: {
        summary: 'Show a plan',
        description: 'The `ETag` of the reply can be sent as `If-Match` of a change.',
        tags: ['admin'],
        params: PlanParams,
        response: replies({ 200: withHeaders(PlanReply, 'ETag') }, 401, 403, 404),
      },
    },
    async (request, reply) => {
      const plan = await service.get(callOf(request), request.params.planType);
      return reply.header('etag', entityTag(plan.updatedAt)).send(presentPlan(plan));
    },
  );
}
