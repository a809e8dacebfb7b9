import type { CrossTenantCases } from '@trellis/test/cross-tenant';
import { publish, subscribe } from '@trellis/test/subscribe';

const cases: CrossTenantCases = async (api, owner) => {
  const url = `http://127.0.0.1:9/hook-of-${owner.tenant.id}`;
  const { id } = await subscribe(api, owner, url);
  await publish(api, owner, 'secret.plan', {
    codename: `plan of ${owner.tenant.id}`,
  });
  const deliveries = await api.request('GET', `/webhooks/${id}/deliveries`, { token: owner.token });
  const deliveryId = deliveries.body.data[0].id;
  return {
    'GET /api/v1/webhooks/{id}': { parameters: { id } },
    'PATCH /api/v1/webhooks/{id}': { parameters: { id }, body: { description: 'taken over' } },
    'GET /api/v1/webhooks/{id}/deliveries': { parameters: { id } },
    'GET /api/v1/webhooks/{id}/deliveries/{deliveryId}': { parameters: { id, deliveryId } },
    'DELETE /api/v1/webhooks/{id}': { parameters: { id } },
  };
};

export default cases;
