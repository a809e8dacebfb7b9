import { type Static, Type } from '@sinclair/typebox';
import { Body, Id, Nullable, Timestamp, visible } from '@trellis/http/schemas';

const KeyName = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: visible,
  description: 'What the key is for.',
  examples: ['Nightly import'],
});
const Permissions = Type.Array(
  Type.String({ minLength: 1, maxLength: 100, examples: ['users:read'] }),
  {
    minItems: 1,
    maxItems: 500,
    uniqueItems: true,
    description: 'Names of `GET /permissions`, `*:read` for all reading, or `*` for all.',
    examples: [['users:read', 'webhooks:read']],
  },
);
const RateLimit = Type.Integer({
  minimum: 1,
  maximum: 1_000_000,
  description:
    'Requests per minute that the key can make, below the limit of the tenant. Routes whose window is larger or smaller than the general one have theirs of it.',
  examples: [60],
});

export const ApiKeyReply = Type.Object({
  id: Id,
  name: KeyName,
  prefix: Type.String({
    description: 'The beginning of the key.',
    examples: ['trl_k3vq7pz2mwxa'],
  }),
  permissions: Permissions,
  rateLimit: Type.Union([RateLimit, Type.Null()], {
    description: 'Requests per minute; null when the limit of the tenant alone holds.',
  }),
  expiresAt: Nullable(Timestamp),
  lastUsedAt: Type.Union([Timestamp, Type.Null()], { description: 'To the minute or so.' }),
  createdBy: Type.Union([Id, Type.Null()], { description: 'The person or the key that made it.' }),
  createdAt: Timestamp,
});
export type ApiKeyReply = Static<typeof ApiKeyReply>;

export const CreatedApiKeyReply = Type.Object({
  ...ApiKeyReply.properties,
  key: Type.String({
    description: 'Shown this once. Send it as `Authorization: Bearer …` or as `X-API-Key`.',
    examples: ['trl_k3vq7pz2mwxa_…'],
  }),
});
export type CreatedApiKeyReply = Static<typeof CreatedApiKeyReply>;

export const CreateApiKeyBody = Body({
  name: KeyName,
  permissions: Permissions,
  rateLimit: Type.Optional(RateLimit),
  expiresAt: Type.Optional(
    Type.String({
      format: 'date-time',
      maxLength: 40,
      description: 'Without it the key works until it is deleted.',
      examples: ['2027-01-31T12:00:00.000Z'],
    }),
  ),
});
export type CreateApiKeyBody = Static<typeof CreateApiKeyBody>;
