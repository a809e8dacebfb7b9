import { defineErrors } from '@trellis/core/errors';

export const adminErrors = defineErrors({
  plan_exists: {
    status: 409,
    title: 'The plan exists already',
    description: 'Another plan has this `planType`. Change that one, or choose another name.',
  },
  default_plan: {
    status: 409,
    title: 'One plan is the default',
    description:
      'New tenants get the default plan, so it cannot stop being it by itself. Make another plan the default instead.',
  },
  plan_below_use: {
    status: 409,
    title: 'The tenant uses more than the plan allows',
    description:
      '`errors` lists each quota of which the tenant uses more than its limits would then allow. Let the tenant remove some, override these limits, or send `graceDays`.',
  },
  platform_tenant: {
    status: 409,
    title: 'The tenant of the platform cannot be suspended',
    description: 'Its members run this installation; nobody else could resume it.',
  },
  unknown_plan: {
    status: 422,
    title: 'There is no such plan',
    description: '`GET /admin/plans` lists those that exist; `detail` names the one that does not.',
  },
});
