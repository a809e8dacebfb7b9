import { type Static, Type } from '@sinclair/typebox';
import { Body, Id, Nullable, PageQuery, Timestamp } from '@trellis/http/schemas';
import { EventPattern, EventType } from '../events/event-type.ts';

const Url = Type.String({
  minLength: 1,
  maxLength: 2048,
  description: 'http or https, to a public address.',
  examples: ['https://example.com/hooks'],
});
const Events = Type.Array(EventPattern, {
  minItems: 1,
  maxItems: 100,
  uniqueItems: true,
  description: 'Exact types, `prefix.*`, or `*` for all.',
});
const Description = Type.String({ maxLength: 500, examples: ['Orders to the warehouse'] });
const IsActive = Type.Boolean({ description: 'Whether it gets events.', examples: [true] });

export const CreateWebhookBody = Body({
  url: Url,
  events: Events,
  description: Type.Optional(Description),
  isActive: Type.Optional(IsActive),
});
export type CreateWebhookBody = Static<typeof CreateWebhookBody>;

export const UpdateWebhookBody = Type.Object(
  {
    url: Type.Optional(Url),
    events: Type.Optional(Events),
    description: Type.Optional(Description),
    isActive: Type.Optional(IsActive),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type UpdateWebhookBody = Static<typeof UpdateWebhookBody>;

export const WebhookReply = Type.Object({
  id: Id,
  url: Url,
  events: Events,
  description: Description,
  isActive: IsActive,
  disabledReason: Nullable(Type.String()),
  secretHint: Type.String({ examples: ['whsec_…Lw3s'] }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type WebhookReply = Static<typeof WebhookReply>;

export const CreatedWebhookReply = Type.Composite([
  WebhookReply,
  Type.Object({
    secret: Type.String({
      description: 'Verifies the signatures. Shown in this answer only.',
      examples: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    }),
  }),
]);

export const DeliveryStatus = Type.Union(
  (['pending', 'delivered', 'failed', 'exhausted', 'cancelled'] as const).map((status) =>
    Type.Literal(status),
  ),
  {
    description:
      '`pending`: not tried yet. `failed`: tried, and will be again. `exhausted`: given up.',
    examples: ['delivered'],
  },
);

export const DeliveryReply = Type.Object({
  id: Id,
  webhookId: Id,
  eventId: Id,
  event: EventType,
  status: DeliveryStatus,
  attempts: Type.Integer({ examples: [1] }),
  statusCode: Nullable(Type.Integer({ examples: [200] })),
  error: Nullable(Type.String()),
  nextAttemptAt: Nullable(Timestamp),
  deliveredAt: Nullable(Timestamp),
  createdAt: Timestamp,
});
export type DeliveryReply = Static<typeof DeliveryReply>;

export const AttemptReply = Type.Object({
  id: Id,
  attempt: Type.Integer({ examples: [1] }),
  trigger: Type.String({ examples: ['automatic'] }),
  statusCode: Nullable(Type.Integer({ examples: [503] })),
  errorClass: Nullable(Type.String({ examples: ['http_5xx'] })),
  error: Nullable(Type.String()),
  durationMs: Type.Integer({ examples: [42] }),
  responseBody: Nullable(Type.String()),
  responseTruncated: Type.Boolean(),
  responseHeaders: Nullable(Type.Record(Type.String(), Type.String())),
  createdAt: Timestamp,
});

export const DeliveryWithAttemptsReply = Type.Composite([
  DeliveryReply,
  Type.Object({
    payload: Type.String({ description: 'The exact body that is signed and sent.' }),
    attemptList: Type.Array(AttemptReply),
  }),
]);

export const DeliveriesQuery = Type.Composite(
  [
    PageQuery,
    Type.Object({ status: Type.Optional(DeliveryStatus), event: Type.Optional(EventType) }),
  ],
  { additionalProperties: false },
);

export const DeliveryParams = Type.Object({ id: Id, deliveryId: Id });
