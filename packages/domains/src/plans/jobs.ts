import { Type } from '@sinclair/typebox';
import { defineJob } from '@trellis/queue/define-job';

/** Tells the tenants of a plan that it has changed, page by page. */
export const tellPlanChange = defineJob({
  name: 'plans.tell-change',
  queue: 'default',
  payload: Type.Object({
    planType: Type.String(),
    /** Tells one change of the plan from all others. */
    changeId: Type.String(),
    /** The limits that changed; whoever has all of them otherwise is not told. */
    changed: Type.Array(Type.String()),
    /** The last tenant that was told; none at first. */
    after: Type.Optional(Type.String()),
  }),
});
