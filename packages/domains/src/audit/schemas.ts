import { type Static, Type } from '@sinclair/typebox';
import { Id, Nullable, PageQuery, Timestamp } from '@trellis/http/schemas';

/** A resource as the API showed it at that time, so its properties are not known here. */
const Snapshot = Type.Unsafe<Record<string, unknown> | null>({
  type: ['object', 'null'],
  additionalProperties: true,
  examples: [{ name: 'Ada Lovelace' }],
});
const Name = Type.String({ maxLength: 100, examples: ['user.created'] });

/** The format alone lets through a leap second and the year 0, which are no time to Postgres. */
const moment = (description: string, example: string) =>
  Type.String({
    format: 'date-time',
    pattern: '^[1-9]\\d{3}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:[0-5]\\d',
    description,
    examples: [example],
  });

export const AuditEntryReply = Type.Object({
  id: Id,
  actorType: Type.Union([Type.Literal('user'), Type.Literal('api_key'), Type.Literal('system')], {
    examples: ['user'],
  }),
  actorId: Nullable(Id),
  action: Type.String({ examples: ['user.created'] }),
  resourceType: Type.String({ examples: ['user'] }),
  resourceId: Nullable(Type.String({ examples: ['0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10'] })),
  before: Snapshot,
  after: Snapshot,
  ip: Nullable(Type.String({ examples: ['203.0.113.7'] })),
  userAgent: Nullable(Type.String({ examples: ['curl/8.5.0'] })),
  requestId: Type.String({ examples: ['0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10'] }),
  createdAt: Timestamp,
});
export type AuditEntryReply = Static<typeof AuditEntryReply>;

export const AuditQuery = Type.Object(
  {
    ...PageQuery.properties,
    actorId: Type.Optional(Id),
    action: Type.Optional(Name),
    resourceType: Type.Optional(Type.String({ maxLength: 100, examples: ['user'] })),
    resourceId: Type.Optional(
      Type.String({ maxLength: 200, examples: ['0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10'] }),
    ),
    from: Type.Optional(moment('This moment and later.', '2026-01-01T00:00:00.000Z')),
    to: Type.Optional(moment('Before this moment.', '2026-02-01T00:00:00.000Z')),
  },
  { additionalProperties: false },
);
export type AuditQuery = Static<typeof AuditQuery>;
