import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import type { Quota } from '../define-quota.ts';
import { usageWith } from '../schemas.ts';
import type { PlansService } from '../service.ts';

export function getUsageRoute(
  app: App,
  service: Pick<PlansService, 'usage'>,
  quotas: readonly Quota[],
): void {
  app.get(
    '/tenant/usage',
    {
      config: { access: access.authenticated() },
      schema: {
        summary: 'Show what the tenant uses of its plan',
        description:
          'Each limit with what is used and what is left of it. The limits are those that hold now: of the plan, with what the tenant has otherwise, and with a grace that still runs.',
        tags: ['tenant'],
        response: replies({ 200: usageWith(quotas) }, 401, 403),
      },
    },
    (request) => service.usage(callOf(request)),
  );
}
