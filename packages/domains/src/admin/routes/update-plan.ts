import { platformPermission } from '@trellis/core/permissions';
import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag, IfMatchHeaders, preconditionOf } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { PlanParams, PlanReply, UpdatePlanBody } from '../plan-schemas.ts';
import { presentPlan } from '../plans/present-plan.ts';
import type { AdminPlansService } from '../plans/service.ts';

export function updatePlanRoute(app: App, service: Pick<AdminPlansService, 'update'>): void {
  app.patch(
    '/admin/plans/:planType',
    {
      config: { access: access.permission(platformPermission), audit: 'plan.updated' },
      schema: {
        summary: 'Change a plan',
        description:
          'Takes effect in every process within a second, for every tenant that has no limit of its own; `plan.changed` tells them. Where more is used than a new limit allows, nothing that is counted is removed, and nothing can be added until there is room; a shorter `retentionDays` removes older deliveries and events at the next clean-up.',
        tags: ['admin'],
        params: PlanParams,
        headers: IfMatchHeaders,
        body: UpdatePlanBody,
        response: replies({ 200: withHeaders(PlanReply, 'ETag') }, 401, 403, 404, 409, 412),
      },
    },
    async (request, reply) => {
      const plan = await service.update(
        callOf(request),
        request.params.planType,
        request.body,
        preconditionOf(request.headers),
      );
      return reply.header('etag', entityTag(plan.updatedAt)).send(presentPlan(plan));
    },
  );
}
