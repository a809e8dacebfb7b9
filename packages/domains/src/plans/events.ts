import { Type } from '@sinclair/typebox';
import { defineEvent } from '../events/define-event.ts';
import { Timestamp } from '../events/schema-pieces.ts';

export const planChanged = defineEvent({
  name: 'plan.changed',
  description: 'The tenant got another plan or other limits, or the limits of its plan changed.',
  isReserved: true,
  data: Type.Object({
    planType: Type.String({ examples: ['free'] }),
    previousPlanType: Type.String({
      description: 'The same as `planType` when only limits changed.',
      examples: ['pro'],
    }),
    limits: Type.Object(
      {
        rateLimit: Type.Integer({ description: 'Requests per minute.', examples: [600] }),
        maxUsers: Type.Integer({ examples: [5] }),
        maxStorage: Type.Integer({ description: 'Bytes.', examples: [1073741824] }),
        maxWebhooks: Type.Integer({ examples: [5] }),
        maxEvents: Type.Integer({ description: 'Events per month.', examples: [100000] }),
        retentionDays: Type.Integer({ examples: [7] }),
        retryTail: Type.Boolean({ examples: [false] }),
        featuresEnabled: Type.Array(Type.String(), { examples: [[]] }),
      },
      { description: 'What the tenant may use; once `graceUntil` has passed, if that is set.' },
    ),
    graceUntil: Type.Union([Timestamp, Type.Null()], {
      description: 'Until then quotas of which more was used are higher, so that it has its place.',
    }),
  }),
});
