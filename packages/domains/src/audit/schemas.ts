import { type Static, Type } from '@sinclair/typebox';
import { Id, moment, Nullable, PageQuery, Timestamp } from '@trellis/http/schemas';
import { problemKinds } from './chain/judge-entry.ts';

/** A resource as the API showed it at that time, so its properties are not known here. */
const Snapshot = Type.Unsafe<Record<string, unknown> | null>({
  type: ['object', 'null'],
  additionalProperties: true,
  examples: [{ name: 'Ada Lovelace' }],
});
const Name = Type.String({ maxLength: 100, examples: ['user.created'] });

export const AuditEntryReply = Type.Object({
  id: Id,
  seq: Nullable(
    Type.Integer({ description: 'Its place in the chain of the tenant.', examples: [42] }),
  ),
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

/** Entries that one call verifies: less than a second of work. */
export const verifiedEntriesMax = 10_000;

export const VerifyQuery = Type.Object(
  {
    fromSeq: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: '`nextSeq` of the call before, which has verified what stands before it.',
        examples: [10_001],
      }),
    ),
    limit: Type.Integer({
      minimum: 1,
      maximum: verifiedEntriesMax,
      default: verifiedEntriesMax,
      description: 'Entries to verify at most.',
    }),
  },
  { additionalProperties: false },
);
export type VerifyQuery = Static<typeof VerifyQuery>;

const Place = Type.Integer({ examples: [42] });

export const VerifyReply = Type.Object({
  valid: Type.Boolean({
    description: 'Whether nothing is wrong with what was verified.',
    examples: [true],
  }),
  entries: Type.Integer({ description: 'How many were verified.', examples: [1_284] }),
  first: Nullable(
    Type.Object(
      { seq: Place, id: Id },
      { description: 'The first entry that was verified. Older ones may have been removed.' },
    ),
  ),
  head: Nullable(
    Type.Object(
      { seq: Place, hash: Type.String({ examples: ['k1.3q2-7wAa'] }) },
      { description: 'The end of the chain when the call began; keep it to compare it later.' },
    ),
  ),
  problem: Nullable(
    Type.Object(
      {
        kind: Type.Union(
          problemKinds.map((kind) => Type.Literal(kind)),
          { description: 'See the README of the domain.', examples: ['altered'] },
        ),
        seq: Nullable(Place),
        id: Nullable(Id),
      },
      {
        description:
          'The first entry that is wrong: its place, and the id of what stands there, if anything does.',
      },
    ),
  ),
  nextSeq: Nullable(
    Type.Integer({
      description: 'Call again with it as `fromSeq`; null when the end was reached.',
      examples: [10_001],
    }),
  ),
  anchor: Nullable(
    Type.Object(
      { seq: Place, anchoredAt: Timestamp },
      {
        description:
          'The newest copy of the head outside the database, with which the chain was compared; null when there is none yet.',
      },
    ),
  ),
});
export type VerifyReply = Static<typeof VerifyReply>;
