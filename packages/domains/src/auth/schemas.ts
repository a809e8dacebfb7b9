import { type Static, Type } from '@sinclair/typebox';
import { Body, Id, Nullable, Timestamp, visible } from '@trellis/http/schemas';

export const Email = Type.String({
  format: 'email',
  maxLength: 254,
  examples: ['ada@example.com'],
});
export const NewPassword = Type.String({
  minLength: 12,
  maxLength: 256,
  description: 'At least 12 characters.',
  examples: ['correct horse battery'],
});
const nameLike = (example: string) =>
  Type.String({ minLength: 1, maxLength: 120, pattern: visible, examples: [example] });
export const PersonName = nameLike('Ada Lovelace');
export const TenantName = nameLike('Analytical Engines');

export const MailedToken = Type.String({
  minLength: 1,
  maxLength: 128,
  description: 'What follows `#token=` in the mailed link.',
  examples: ['rT5w0eW0eYx2b7v9QmZJ8d3kqLhN1sUaC4fGpRtVyXo'],
});

export const MfaCode = Type.String({
  minLength: 6,
  maxLength: 64,
  description: 'Six digits of the authenticator app, or a recovery code.',
  examples: ['492039'],
});

export const RegisterBody = Body({
  tenantName: TenantName,
  name: PersonName,
  email: Email,
  password: NewPassword,
});
export type RegisterBody = Static<typeof RegisterBody>;

export const LoginBody = Body({
  email: Type.String({ minLength: 1, maxLength: 254, examples: ['ada@example.com'] }),
  password: Type.String({ minLength: 1, maxLength: 256, examples: ['correct horse battery'] }),
  tenantId: Type.Optional(Id),
  code: Type.Optional(MfaCode),
});
export type LoginBody = Static<typeof LoginBody>;

export const RefreshBody = Body({
  refreshToken: Type.String({ minLength: 1, maxLength: 512 }),
});

export const PersonReply = Type.Object({
  id: Id,
  email: Type.String({ examples: ['ada@example.com'] }),
  name: Type.String({ examples: ['Ada Lovelace'] }),
});
export const TenantReply = Type.Object({
  id: Id,
  name: Type.String({ examples: ['Analytical Engines'] }),
  slug: Type.String({ examples: ['analytical-engines'] }),
});

export const TokensReply = Type.Object({
  user: PersonReply,
  tenant: TenantReply,
  accessToken: Type.String({ description: 'A JWT; send it as `Authorization: Bearer …`.' }),
  refreshToken: Type.String({ description: 'Good for one refresh; keep it secret.' }),
  expiresIn: Type.Integer({ description: 'Seconds until the access token ends.', examples: [900] }),
});
export type TokensReply = Static<typeof TokensReply>;

export const SwitchTenantBody = Body({ tenantId: Id });

export const SessionReply = Type.Object({
  id: Id,
  isCurrent: Type.Boolean({ description: 'Whether it is the one that asks.', examples: [true] }),
  tenant: TenantReply,
  ip: Nullable(Type.String({ examples: ['203.0.113.7'] })),
  userAgent: Nullable(Type.String({ examples: ['Mozilla/5.0 (X11; Linux x86_64)'] })),
  createdAt: Timestamp,
  lastUsedAt: Type.String({
    ...Timestamp,
    description: 'The log-in or the last refresh.',
  }),
  expiresAt: Type.String({ ...Timestamp, description: 'Unless it is refreshed before.' }),
});
export type SessionReply = Static<typeof SessionReply>;

export const MeReply = Type.Object({
  user: Type.Object({
    ...PersonReply.properties,
    emailVerified: Type.Boolean({ description: 'By a link that was mailed to the address.' }),
    mfaEnabled: Type.Boolean({ description: 'Whether logging in asks for a second factor.' }),
  }),
  tenant: TenantReply,
  permissions: Type.Array(Type.String(), { examples: [['*']] }),
});
