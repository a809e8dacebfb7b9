import { defineQuota } from '../plans/define-quota.ts';
import { countWebhooks } from './repository.ts';

export const webhooksQuota = defineQuota({
  name: 'webhooks',
  limit: 'maxWebhooks',
  counts: 'subscriptions, the disabled too',
  used: countWebhooks,
});
