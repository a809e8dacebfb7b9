import { type Static, Type } from '@sinclair/typebox';
import { Body, Id, Timestamp } from '@trellis/http/schemas';
import { TenantName } from '../auth/schemas.ts';

export const TenantDetails = Type.Object({
  id: Id,
  name: TenantName,
  slug: Type.String({ examples: ['analytical-engines'] }),
  status: Type.Union([Type.Literal('active'), Type.Literal('suspended')], {
    examples: ['active'],
  }),
  planType: Type.String({ examples: ['free'] }),
  createdAt: Timestamp,
});
export type TenantDetails = Static<typeof TenantDetails>;

export const UpdateTenantBody = Body({ name: TenantName });
export type UpdateTenantBody = Static<typeof UpdateTenantBody>;
