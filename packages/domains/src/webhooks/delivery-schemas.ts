import { type Static, Type } from '@sinclair/typebox';
import { Id, moment, Nullable, PageQuery, Timestamp } from '@trellis/http/schemas';
import { EventType } from '../events/event-type.ts';

export const DeliveryStatus = Type.Union(
  (['pending', 'delivered', 'failed', 'exhausted', 'cancelled'] as const).map((status) =>
    Type.Literal(status),
  ),
  {
    description:
      '`pending`: not tried yet, or to be sent again. `failed`: tried, and will be again. `exhausted`: given up.',
    examples: ['delivered'],
  },
);

const Trigger = Type.Union(
  (['automatic', 'manual', 'recovery', 'test'] as const).map((trigger) => Type.Literal(trigger)),
  { description: 'What an attempt is made for.', examples: ['automatic'] },
);

export const DeliveryReply = Type.Object({
  id: Id,
  webhookId: Id,
  eventId: Id,
  event: EventType,
  orderingKey: Nullable(Type.String({ examples: ['order-42'] })),
  status: DeliveryStatus,
  trigger: Trigger,
  attempts: Type.Integer({ examples: [1] }),
  statusCode: Nullable(Type.Integer({ examples: [200] })),
  error: Nullable(Type.String({ examples: ['the receiver answered 503'] })),
  nextAttemptAt: Nullable(Timestamp),
  deliveredAt: Nullable(Timestamp),
  createdAt: Timestamp,
});
export type DeliveryReply = Static<typeof DeliveryReply>;

export const AttemptReply = Type.Object({
  id: Id,
  attempt: Type.Integer({ examples: [1] }),
  trigger: Trigger,
  statusCode: Nullable(Type.Integer({ examples: [503] })),
  errorClass: Nullable(Type.String({ examples: ['http_5xx'] })),
  error: Nullable(Type.String({ examples: ['the receiver answered 503'] })),
  durationMs: Type.Integer({ examples: [42] }),
  responseBody: Nullable(
    Type.String({ description: 'At most 16 KiB of it.', examples: ['come back later'] }),
  ),
  responseTruncated: Type.Boolean(),
  responseHeaders: Nullable(Type.Record(Type.String(), Type.String())),
  createdAt: Timestamp,
});

export const DeliveryWithAttemptsReply = Type.Composite([
  DeliveryReply,
  Type.Object({
    payload: Nullable(
      Type.String({
        description:
          'The exact body that is signed and sent; null for callers without `events:read`.',
        examples: [
          '{"type":"order.paid","timestamp":"2026-01-31T12:00:00.000Z","data":{"total":42}}',
        ],
      }),
    ),
    attemptList: Type.Array(AttemptReply),
  }),
]);

export type DeliveryWithAttemptsReply = Static<typeof DeliveryWithAttemptsReply>;

export const DeliveriesQuery = Type.Object(
  {
    ...PageQuery.properties,
    status: Type.Optional(DeliveryStatus),
    event: Type.Optional(EventType),
    eventId: Type.Optional(Id),
    since: Type.Optional(moment('Made at this moment or later.', '2026-01-01T00:00:00.000Z')),
    until: Type.Optional(moment('Made before this moment.', '2026-02-01T00:00:00.000Z')),
  },
  { additionalProperties: false },
);
export type DeliveriesQuery = Static<typeof DeliveriesQuery>;

export const DeliveryParams = Type.Object({ id: Id, deliveryId: Id });
