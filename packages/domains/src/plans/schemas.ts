import { type Static, type TProperties, Type } from '@sinclair/typebox';
import { Nullable, Timestamp } from '@trellis/http/schemas';
import type { Quota } from './define-quota.ts';

const PlanType = Type.String({ description: 'What names the plan.', examples: ['free'] });
const PlanName = Type.String({ description: 'For people.', examples: ['Free'] });
const FeaturesEnabled = Type.Array(Type.String(), {
  description: 'The features that come with it.',
  examples: [['export']],
});

export const Plan = Type.Object({
  planType: PlanType,
  name: PlanName,
  rateLimit: Type.Integer({ description: 'Requests per minute.', examples: [600] }),
  maxUsers: Type.Integer({
    description: 'Members, the disabled too, and pending invitations.',
    examples: [5],
  }),
  maxStorage: Type.Integer({ description: 'Bytes of all files.', examples: [1073741824] }),
  maxWebhooks: Type.Integer({ description: 'Subscriptions, the disabled too.', examples: [5] }),
  maxEvents: Type.Integer({
    description: 'Events per calendar month (UTC).',
    examples: [100000],
  }),
  retentionDays: Type.Integer({
    description: 'For how many days deliveries and their attempts can be looked up.',
    examples: [7],
  }),
  retryTail: Type.Boolean({
    description: 'Whether deliveries are tried for another day when the first retries have failed.',
    examples: [false],
  }),
  webhookFailureDays: Type.Integer({
    description: 'After how many days of nothing but failures a subscription is disabled.',
    examples: [5],
  }),
  featuresEnabled: FeaturesEnabled,
  isDefault: Type.Boolean({ description: 'Whether new tenants get it.', examples: [true] }),
});
export type Plan = Static<typeof Plan>;

const graced = Type.Optional(Type.Integer({ examples: [20] }));

export const Grace = Type.Object(
  {
    until: Timestamp,
    quotas: Type.Object({
      maxUsers: graced,
      maxStorage: graced,
      maxWebhooks: graced,
      maxEvents: graced,
    }),
  },
  {
    description:
      'Limits that are higher until then, because more was used than a new plan allows: what was used then has its place, that of events is the one before for the rest of the month. Null when there are none.',
  },
);

/** What the tenant has of its plan, beside the quotas of the domains. */
export const PlanUsage = Type.Object({
  planType: PlanType,
  planName: PlanName,
  featuresEnabled: FeaturesEnabled,
  rateLimit: Type.Object({
    limit: Type.Integer({
      description: 'Requests per minute of all callers together.',
      examples: [600],
    }),
    windowSeconds: Type.Number({
      description: 'The length of the window that requests are counted in.',
      examples: [60],
    }),
    windowLimit: Type.Integer({
      description: 'How many of them fit the window: `used` and `remaining` together.',
      examples: [600],
    }),
    used: Type.Integer({ description: 'In the window that ends now.', examples: [12] }),
    remaining: Type.Integer({ description: 'What fits the window now.', examples: [588] }),
  }),
  grace: Nullable(Grace),
});

const quotaUsage = ({ counts }: Quota) =>
  Type.Object(
    {
      used: Type.Integer({ description: `By ${counts}.`, examples: [3] }),
      limit: Type.Integer({ description: 'With overrides and a grace applied.', examples: [5] }),
      remaining: Type.Integer({ description: 'Never below 0.', examples: [2] }),
    },
    { description: `Used by ${counts}.` },
  );

/** By the names of the quotas as well, which only the domains know. */
export type TenantUsage = Static<typeof PlanUsage> & Record<string, unknown>;

/** The answer of `GET /tenant/usage` with a part for each quota. */
export const usageWith = (quotas: readonly Quota[]) => {
  const parts: TProperties = Object.fromEntries(
    quotas.map((quota) => [quota.name, quotaUsage(quota)]),
  );
  return Type.Unsafe<TenantUsage>(Type.Object({ ...parts, ...PlanUsage.properties }));
};
