import type { CrossTenantCases } from '@trellis/test/cross-tenant';

/** All of them are refused by the permission, before anybody looks at what they name. */
const cases: CrossTenantCases = async (_api, { tenant: { id } }) => {
  const forbidden = { status: 403 } as const;
  const ofTenant = { ...forbidden, parameters: { id } };
  const ofPlan = { ...forbidden, parameters: { planType: id } };
  return {
    'GET /api/v1/admin/plans/{planType}': ofPlan,
    'PATCH /api/v1/admin/plans/{planType}': { ...ofPlan, body: { maxUsers: 1 } },
    'GET /api/v1/admin/tenants/{id}': ofTenant,
    'PATCH /api/v1/admin/tenants/{id}': { ...ofTenant, body: { status: 'suspended' } },
    'PUT /api/v1/admin/tenants/{id}/plan': { ...ofTenant, body: { planType: 'free' } },
  };
};

export default cases;
