import { type Static, Type } from '@sinclair/typebox';
import { Body, Id, PageQuery } from '@trellis/http/schemas';
import { Email, NewPassword, PersonName } from '../auth/schemas.ts';

export const RoleIds = Type.Array(Id, {
  maxItems: 50,
  uniqueItems: true,
  description: 'Roles of the tenant.',
  examples: [['0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10']],
});

export const RolesHeld = Type.Array(
  Type.Object({ id: Id, name: Type.String({ examples: ['member'] }) }),
);

const MemberStatus = Type.Union([Type.Literal('active'), Type.Literal('disabled')], {
  description: 'Whether the tenant lets the person in.',
  examples: ['active'],
});
export type MemberStatus = Static<typeof MemberStatus>;

export const UserReply = Type.Object({
  id: Id,
  email: Type.String({ examples: ['ada@example.com'] }),
  name: Type.String({ examples: ['Ada Lovelace'] }),
  status: MemberStatus,
  roles: RolesHeld,
  createdAt: Type.String({
    format: 'date-time',
    description: 'When the person joined the tenant.',
    examples: ['2026-01-31T12:00:00.000Z'],
  }),
});
export type UserReply = Static<typeof UserReply>;

export const UsersQuery = Type.Object(
  {
    ...PageQuery.properties,
    search: Type.Optional(
      Type.String({
        maxLength: 200,
        description: 'How the name or the e-mail begins, in any case.',
        examples: ['ada'],
      }),
    ),
    status: Type.Optional(MemberStatus),
  },
  { additionalProperties: false },
);
export type UsersQuery = Static<typeof UsersQuery>;

export const CreateUserBody = Body({
  email: Email,
  name: PersonName,
  password: Type.Optional(NewPassword),
  roleIds: Type.Optional(RoleIds),
});
export type CreateUserBody = Static<typeof CreateUserBody>;

export const UpdateUserBody = Type.Object(
  { name: Type.Optional(PersonName), status: Type.Optional(MemberStatus) },
  { additionalProperties: false, minProperties: 1 },
);
export type UpdateUserBody = Static<typeof UpdateUserBody>;

export const UserRolesBody = Body({ roleIds: RoleIds });
