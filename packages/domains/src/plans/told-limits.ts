import type { Plan } from '@trellis/db/schema/plans';
import type { EventData } from '../events/define-event.ts';
import type { planChanged } from './events.ts';

/** What a tenant may use, as `plan.changed` tells it. */
export type ToldLimits = EventData<typeof planChanged>['limits'];

/** The limits among what a plan, or a tenant's limits, hold. */
export function toldLimits(source: Pick<Plan, keyof ToldLimits>): ToldLimits {
  return {
    rateLimit: source.rateLimit,
    maxUsers: source.maxUsers,
    maxStorage: source.maxStorage,
    maxWebhooks: source.maxWebhooks,
    maxEvents: source.maxEvents,
    retentionDays: source.retentionDays,
    retryTail: source.retryTail,
    featuresEnabled: source.featuresEnabled,
  };
}
