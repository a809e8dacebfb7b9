import type { CrossTenantCases } from '@trellis/test/cross-tenant';

const cases: CrossTenantCases = async (api, { token }) => {
  const { body } = await api.request('GET', '/audit-logs', { token });
  return { 'GET /api/v1/audit-logs/{id}': { parameters: { id: body.data[0].id } } };
};

export default cases;
