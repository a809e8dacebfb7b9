import type { CrossTenantCases } from '@trellis/test/cross-tenant';
import { addUser } from './add-user.ts';

const cases: CrossTenantCases = async (api, owner) => {
  const { id, roleId } = await addUser(api, owner, ['users:read']);
  return {
    'GET /api/v1/users/{id}': { parameters: { id } },
    'PATCH /api/v1/users/{id}': { parameters: { id }, body: { name: 'Taken over' } },
    'PUT /api/v1/users/{id}/roles': { parameters: { id }, body: { roleIds: [roleId] } },
    'DELETE /api/v1/users/{id}': { parameters: { id } },
  };
};

export default cases;
