import { type Static, Type } from '@sinclair/typebox';
import { Body, Id, Nullable, type PageQuery, Timestamp } from '@trellis/http/schemas';
import {
  Email,
  MailedToken,
  NewPassword,
  PersonName,
  PersonReply,
  TenantReply,
} from '../auth/schemas.ts';
import { RoleIds, RolesHeld } from '../users/schemas.ts';

export const InvitationReply = Type.Object({
  id: Id,
  email: Type.String({ examples: ['ada@example.com'] }),
  roles: RolesHeld,
  invitedBy: Nullable(Id),
  expiresAt: Timestamp,
  createdAt: Timestamp,
});
export type InvitationReply = Static<typeof InvitationReply>;

export type InvitationsQuery = Static<typeof PageQuery>;

export const CreateInvitationBody = Body({
  email: Email,
  roleIds: Type.Optional(RoleIds),
});
export type CreateInvitationBody = Static<typeof CreateInvitationBody>;

export const AcceptInvitationBody = Body({
  token: MailedToken,
  name: Type.Optional(PersonName),
  password: Type.Optional(
    Type.String({
      ...NewPassword,
      description: 'The one that the account gets, or the current one of an account that has one.',
    }),
  ),
});
export type AcceptInvitationBody = Static<typeof AcceptInvitationBody>;

export const JoinedReply = Type.Object({ user: PersonReply, tenant: TenantReply });
export type JoinedReply = Static<typeof JoinedReply>;
