import { type Static, Type } from '@sinclair/typebox';
import { Body, Nullable, PageOf, PageQuery, Timestamp } from '@trellis/http/schemas';
import { Grace, Plan } from '../plans/schemas.ts';
import { TenantDetails } from '../tenants/schemas.ts';
import { overridable, PlanType } from './plan-schemas.ts';

const { status } = TenantDetails.properties;

export const TenantReply = Type.Object({
  ...TenantDetails.properties,
  isPlatform: Type.Boolean({
    description: 'Whether its members run this installation.',
    examples: [false],
  }),
  members: Type.Integer({ description: 'Its people, the disabled too.', examples: [3] }),
  updatedAt: Timestamp,
});
export type TenantReply = Static<typeof TenantReply>;

export const TenantsReply = PageOf(TenantReply);

export const TenantsQuery = Type.Object(
  {
    ...PageQuery.properties,
    search: Type.Optional(
      Type.String({
        maxLength: 200,
        description: 'A part of the name or the slug, in any case.',
        examples: ['acme'],
      }),
    ),
    status: Type.Optional(status),
    planType: Type.Optional(PlanType),
  },
  { additionalProperties: false },
);
export type TenantsQuery = Static<typeof TenantsQuery>;

const Overrides = Type.Partial(Body(overridable), {
  additionalProperties: false,
  description: 'The limits that the tenant has other than its plan.',
});

const Limits = Type.Pick(
  Plan,
  [
    'rateLimit',
    'maxUsers',
    'maxStorage',
    'maxWebhooks',
    'maxEvents',
    'retentionDays',
    'retryTail',
    'featuresEnabled',
  ],
  { description: 'What holds now: the plan with the overrides and the grace applied.' },
);

const Use = Type.Object({
  used: Type.Integer({ examples: [3] }),
  limit: Type.Integer({ examples: [5] }),
  remaining: Type.Integer({ description: 'Never below 0.', examples: [2] }),
});

export const TenantPlanReply = Type.Object({
  ...TenantReply.properties,
  plan: Plan,
  overrides: Overrides,
  grace: Nullable(Grace),
  limits: Limits,
  usage: Type.Record(Type.String(), Use, {
    description: 'By quota, as `GET /tenant/usage` has it: users, storage, webhooks, events.',
    examples: [{ users: { used: 3, limit: 5, remaining: 2 } }],
  }),
});
export type TenantPlanReply = Static<typeof TenantPlanReply>;

export const UpdateTenantBody = Body({ status });
export type UpdateTenantBody = Static<typeof UpdateTenantBody>;

export const TenantPlanBody = Body({
  planType: PlanType,
  overrides: Type.Optional(Overrides),
  graceDays: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 365,
      description:
        'For how many days what is used beyond a new limit keeps its place, which something else can take; events go on under the limit before, for the rest of the month. With 0 the new limits hold at once. Either way nothing that is counted is removed, and nothing can be added until there is room. Without it a grace that still runs goes on, for what is still over. A shorter retention removes older deliveries and events at the next clean-up.',
      examples: [30],
    }),
  ),
});
export type TenantPlanBody = Static<typeof TenantPlanBody>;
