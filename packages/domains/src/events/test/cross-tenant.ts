import type { CrossTenantCases } from '@trellis/test/cross-tenant';
import { publish } from '@trellis/test/subscribe';
import { declareType } from './declare-type.ts';

const cases: CrossTenantCases = async (api, owner) => {
  const id = await publish(api, owner, 'secret.plan', { codename: `plan of ${owner.tenant.id}` });
  const name = `plan-of-${owner.tenant.id}.made`;
  await declareType(api, owner, name);
  return {
    'GET /api/v1/events/{id}': { parameters: { id } },
    'GET /api/v1/event-types/{name}': { parameters: { name } },
    'PATCH /api/v1/event-types/{name}': { parameters: { name }, body: { description: 'Ours.' } },
    'DELETE /api/v1/event-types/{name}': { parameters: { name } },
  };
};

export default cases;
