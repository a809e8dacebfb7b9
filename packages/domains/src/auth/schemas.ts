import { type Static, Type } from '@sinclair/typebox';
import { Body, Id } from '@trellis/http/schemas';

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
export const PersonName = Type.String({
  minLength: 1,
  maxLength: 120,
  pattern: '\\S',
  examples: ['Ada Lovelace'],
});
export const TenantName = Type.String({
  minLength: 1,
  maxLength: 120,
  pattern: '\\S',
  examples: ['Analytical Engines'],
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

export const MeReply = Type.Object({
  user: PersonReply,
  tenant: TenantReply,
  permissions: Type.Array(Type.String(), { examples: [['*']] }),
});
