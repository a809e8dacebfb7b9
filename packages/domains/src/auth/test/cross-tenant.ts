import type { CrossTenantCases } from '@trellis/test/cross-tenant';
import { logIn } from '../../users/test/add-user.ts';
import { claimsOf } from './claims-of.ts';

const cases: CrossTenantCases = async (api, owner) => {
  const { token } = await logIn(api, owner.user.email, owner.tenant.id);
  return {
    'DELETE /api/v1/auth/sessions/{id}': { parameters: { id: claimsOf(token).sid } },
  };
};

export default cases;
