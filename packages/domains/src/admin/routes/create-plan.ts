import { platformPermission } from '@trellis/core/permissions';
import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { entityTag } from '@trellis/http/entity-tag';
import { replies, withHeaders } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { CreatePlanBody, PlanReply } from '../plan-schemas.ts';
import { presentPlan } from '../plans/present-plan.ts';
import type { AdminPlansService } from '../plans/service.ts';

export function createPlanRoute(app: App, service: Pick<AdminPlansService, 'create'>): void {
  app.post(
    '/admin/plans',
    {
      config: {
        access: access.permission(platformPermission),
        audit: 'plan.created',
        idempotent: true,
      },
      schema: {
        summary: 'Create a plan',
        description:
          'With `isDefault` new tenants get it from then on, in place of the one before.',
        tags: ['admin'],
        body: CreatePlanBody,
        response: replies({ 201: withHeaders(PlanReply, 'ETag') }, 401, 403, 409),
      },
    },
    async (request, reply) => {
      const plan = await service.create(callOf(request), request.body);
      return reply
        .code(201)
        .header('location', `/api/v1/admin/plans/${plan.planType}`)
        .header('etag', entityTag(plan.updatedAt))
        .send(presentPlan(plan));
    },
  );
}
