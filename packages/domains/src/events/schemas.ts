import { type Static, Type } from '@sinclair/typebox';
import { Body, Id, Nullable, PageQuery, Timestamp } from '@trellis/http/schemas';
import { EventType } from './event-type.ts';

const OrderingKey = Type.String({
  minLength: 1,
  maxLength: 255,
  description:
    'Events of one key reach each endpoint one after another, in the order of their publishing.',
  examples: ['order-42'],
});

export const PublishEventBody = Body({
  type: EventType,
  data: Type.Unknown({ description: 'Any JSON; sent on byte for byte.', examples: [{ id: 42 }] }),
  idempotencyKey: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'The same as the header `Idempotency-Key`; both together must not differ.',
      examples: ['order-42-paid'],
    }),
  ),
  orderingKey: Type.Optional(OrderingKey),
});

export const IdempotencyHeader = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x7e]{1,255}$',
      description: 'Repeat the request with the same key to get the first answer again.',
      examples: ['order-42-paid'],
    }),
  ),
});

export const PublishedEventReply = Type.Object({
  id: Id,
  type: EventType,
  deliveries: Type.Integer({ description: 'How many subscriptions it goes to.', examples: [1] }),
});

export const EventReply = Type.Composite([
  PublishedEventReply,
  Type.Object({
    orderingKey: Nullable(OrderingKey),
    payload: Type.String({
      description: 'The exact body that is signed and sent.',
      examples: ['{"type":"order.paid","timestamp":"2026-01-31T12:00:00.000Z","data":{"id":42}}'],
    }),
    createdAt: Timestamp,
  }),
]);
export type EventReply = Static<typeof EventReply>;

export const EventsQuery = Type.Composite(
  [PageQuery, Type.Object({ type: Type.Optional(EventType) })],
  { additionalProperties: false },
);

const EventTypeDescription = Type.String({
  maxLength: 500,
  examples: ['An order was paid in full.'],
});
const DataSchema = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  additionalProperties: true,
  description:
    'JSON Schema (2020-12) of `data`; null when it may be anything. References stay within the schema, patterns have no look-around and no back references (RE2).',
  examples: [
    {
      type: 'object',
      properties: { id: { type: 'integer' }, total: { type: 'number', minimum: 0 } },
      required: ['id'],
    },
  ],
});

export const EventTypeParams = Type.Object({ name: EventType });

export const EventTypeReply = Type.Object({
  name: EventType,
  description: EventTypeDescription,
  schema: Nullable(DataSchema),
  source: Type.Union([Type.Literal('platform'), Type.Literal('tenant')], {
    description: 'Who declares it.',
    examples: ['tenant'],
  }),
  createdAt: Nullable(Timestamp),
  updatedAt: Nullable(Timestamp),
});
export type EventTypeReply = Static<typeof EventTypeReply>;

export const CreateEventTypeBody = Body({
  name: EventType,
  description: Type.Optional(EventTypeDescription),
  schema: Type.Optional(Nullable(DataSchema)),
});
export type CreateEventTypeBody = Static<typeof CreateEventTypeBody>;

export const UpdateEventTypeBody = Type.Object(
  {
    description: Type.Optional(EventTypeDescription),
    schema: Type.Optional(Nullable(DataSchema)),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type UpdateEventTypeBody = Static<typeof UpdateEventTypeBody>;
