import type { CrossTenantCases } from '@trellis/test/cross-tenant';
import { createKey } from './create-key.ts';

const cases: CrossTenantCases = async (api, { token, tenant }) => {
  const { id } = await createKey(api, token, ['users:read'], { name: `Key of ${tenant.id}` });
  return {
    'GET /api/v1/api-keys/{id}': { parameters: { id } },
    'DELETE /api/v1/api-keys/{id}': { parameters: { id } },
  };
};

export default cases;
