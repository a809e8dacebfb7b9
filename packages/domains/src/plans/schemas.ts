import { type Static, Type } from '@sinclair/typebox';

export const Plan = Type.Object({
  planType: Type.String({ examples: ['free'] }),
  name: Type.String({ examples: ['Free'] }),
  rateLimit: Type.Integer({ description: 'Requests per minute.', examples: [600] }),
  maxUsers: Type.Integer({ examples: [5] }),
  maxStorage: Type.Integer({ description: 'Bytes.', examples: [1073741824] }),
  maxWebhooks: Type.Integer({ examples: [5] }),
  maxEvents: Type.Integer({ description: 'Events per month.', examples: [100000] }),
  retentionDays: Type.Integer({ description: 'How long deliveries are kept.', examples: [7] }),
  featuresEnabled: Type.Array(Type.String(), { examples: [[]] }),
});
export type Plan = Static<typeof Plan>;
