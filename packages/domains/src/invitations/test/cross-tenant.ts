import type { CrossTenantCases } from '@trellis/test/cross-tenant';
import { passMailInterval } from '@trellis/test/mail';

const cases: CrossTenantCases = async (api, { token, tenant }) => {
  const body = { email: `guest-of-${tenant.id}@example.com` };
  const { id } = (await api.request('POST', '/invitations', { token, body })).body;
  // So that the owner, who may, can send it again.
  await passMailInterval(api);
  return {
    'GET /api/v1/invitations/{id}': { parameters: { id } },
    'POST /api/v1/invitations/{id}/send': { parameters: { id } },
    'DELETE /api/v1/invitations/{id}': { parameters: { id } },
  };
};

export default cases;
