import { type TSchema, Type } from '@sinclair/typebox';

/** Small pieces of what events hold. Those of the wire belong to HTTP, which the worker has not. */

export const Id = Type.String({
  format: 'uuid',
  examples: ['0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10'],
});

export const Timestamp = Type.String({
  format: 'date-time',
  examples: ['2026-01-31T12:00:00.000Z'],
});

export const Nullable = <Schema extends TSchema>(schema: Schema) =>
  Type.Union([schema, Type.Null()]);

export const Email = Type.String({ examples: ['ada@example.com'] });

/** The roles that somebody holds or is to get. */
export const RolesHeld = Type.Array(
  Type.Object({ id: Id, name: Type.String({ examples: ['member'] }) }),
);

export const Permissions = Type.Array(Type.String(), {
  description: 'Names of `GET /permissions`, `*:read` for all reading, or `*` for all.',
  examples: [['users:read', 'webhooks:read']],
});
