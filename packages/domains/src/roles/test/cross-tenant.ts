import type { CrossTenantCases } from '@trellis/test/cross-tenant';

const cases: CrossTenantCases = async (api, { token, tenant }) => {
  const body = { name: `Role of ${tenant.id}`, permissions: ['users:read'] };
  const { id } = (await api.request('POST', '/roles', { token, body })).body;
  return {
    'GET /api/v1/roles/{id}': { parameters: { id } },
    'PATCH /api/v1/roles/{id}': { parameters: { id }, body: { name: 'Taken over' } },
    'DELETE /api/v1/roles/{id}': { parameters: { id } },
  };
};

export default cases;
