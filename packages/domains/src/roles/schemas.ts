import { type Static, Type } from '@sinclair/typebox';
import { Body, Id, type PageQuery, Timestamp, visible } from '@trellis/http/schemas';

const RoleName = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: visible,
  examples: ['Support'],
});
const RoleDescription = Type.String({
  maxLength: 500,
  examples: ['Answers customers; changes nothing.'],
});
const Permissions = Type.Array(
  Type.String({ minLength: 1, maxLength: 100, examples: ['users:read'] }),
  {
    maxItems: 500,
    uniqueItems: true,
    description: 'Names of `GET /permissions`, `*:read` for all reading, or `*` for all.',
    examples: [['users:read', 'roles:read']],
  },
);

export const RoleReply = Type.Object({
  id: Id,
  name: RoleName,
  description: RoleDescription,
  permissions: Permissions,
  isSystem: Type.Boolean({ description: 'Cannot be changed or removed.', examples: [false] }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type RoleReply = Static<typeof RoleReply>;

export const CreateRoleBody = Body({
  name: RoleName,
  description: Type.Optional(RoleDescription),
  permissions: Permissions,
});
export type CreateRoleBody = Static<typeof CreateRoleBody>;

export const UpdateRoleBody = Type.Object(
  {
    name: Type.Optional(RoleName),
    description: Type.Optional(RoleDescription),
    permissions: Type.Optional(Permissions),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type UpdateRoleBody = Static<typeof UpdateRoleBody>;

export type RolesQuery = Static<typeof PageQuery>;

export const PermissionsReply = Type.Object({
  data: Type.Array(Type.String(), { examples: [['audit:read', 'roles:read', 'roles:write']] }),
});
