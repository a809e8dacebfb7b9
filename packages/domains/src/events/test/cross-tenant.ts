import type { CrossTenantCases } from '@trellis/test/cross-tenant';
import { publish } from '@trellis/test/subscribe';

const cases: CrossTenantCases = async (api, owner) => {
  const id = await publish(api, owner, 'secret.plan', { codename: `plan of ${owner.tenant.id}` });
  return { 'GET /api/v1/events/{id}': { parameters: { id } } };
};

export default cases;
