import { type Static, type TInteger, Type } from '@sinclair/typebox';
import { Body, PageOf, Timestamp, visible } from '@trellis/http/schemas';
import { Plan } from '../plans/schemas.ts';

const bounded = (integer: TInteger, minimum: number, maximum: number): TInteger => ({
  ...integer,
  minimum,
  maximum,
});

const shown = Plan.properties;
/** A pebibyte. */
const storageMax = 2 ** 50;
/** What an integer column of Postgres holds. */
const integerMax = 2 ** 31 - 1;

export const PlanType = Type.String({
  pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$',
  maxLength: 50,
  description: 'What names the plan, for good.',
  examples: ['team'],
});

const FeaturesEnabled = Type.Array(
  Type.String({ pattern: '^[a-zA-Z0-9][a-zA-Z0-9._-]*$', maxLength: 100, examples: ['export'] }),
  { maxItems: 200, uniqueItems: true, description: shown.featuresEnabled.description ?? '' },
);

/** The limits that a tenant can have other than its plan. */
export const overridable = {
  rateLimit: bounded(shown.rateLimit, 1, 1_000_000),
  maxUsers: bounded(shown.maxUsers, 1, 1_000_000),
  maxStorage: bounded(shown.maxStorage, 0, storageMax),
  maxWebhooks: bounded(shown.maxWebhooks, 0, 100_000),
  maxEvents: bounded(shown.maxEvents, 0, integerMax),
  featuresEnabled: FeaturesEnabled,
};

const PlanName = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: visible,
  description: 'For people.',
  examples: ['Team'],
});
const retentionDays = bounded(shown.retentionDays, 1, 3_650);
const webhookFailureDays = bounded(shown.webhookFailureDays, 1, 365);
const isPublic = Type.Boolean({
  description: 'Whether `GET /plans` shows it to tenants that are not on it.',
  examples: [true],
});
const { featuresEnabled, ...limits } = overridable;

export const CreatePlanBody = Body({
  planType: PlanType,
  name: PlanName,
  ...limits,
  retentionDays,
  retryTail: Type.Optional(shown.retryTail),
  webhookFailureDays: Type.Optional(webhookFailureDays),
  featuresEnabled: Type.Optional(featuresEnabled),
  isDefault: Type.Optional(shown.isDefault),
  isPublic: Type.Optional(isPublic),
});
export type CreatePlanBody = Static<typeof CreatePlanBody>;

export const UpdatePlanBody = Type.Partial(
  Body({
    name: PlanName,
    ...limits,
    retentionDays,
    retryTail: shown.retryTail,
    webhookFailureDays,
    featuresEnabled,
    isDefault: shown.isDefault,
    isPublic,
  }),
  { additionalProperties: false, minProperties: 1 },
);
export type UpdatePlanBody = Static<typeof UpdatePlanBody>;

export const PlanReply = Type.Object({
  ...shown,
  isPublic,
  tenants: Type.Integer({ description: 'How many tenants are on it.', examples: [12] }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type PlanReply = Static<typeof PlanReply>;

export const PlansReply = PageOf(PlanReply);

export const PlanParams = Type.Object({ planType: PlanType });
