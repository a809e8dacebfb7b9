import type { CrossTenantCases } from '@trellis/test/cross-tenant';
import { publish, subscribe } from '@trellis/test/subscribe';
import { longAgo, recover } from './recovery.ts';

const cases: CrossTenantCases = async (api, owner) => {
  const url = `http://127.0.0.1:9/hook-of-${owner.tenant.id}`;
  const { id } = await subscribe(api, owner, url);
  const eventId = await publish(api, owner, 'secret.plan', {
    codename: `plan of ${owner.tenant.id}`,
  });
  const deliveries = await api.request('GET', `/webhooks/${id}/deliveries`, { token: owner.token });
  const deliveryId = deliveries.body.data[0].id;
  const { id: recovered } = await subscribe(api, owner, `${url}-recovered`);
  const recovery = await recover(api, owner, recovered);
  const ofRecovery = { id: recovered, recoveryId: recovery.body.id };
  return {
    'GET /api/v1/webhooks/{id}': { parameters: { id } },
    'PATCH /api/v1/webhooks/{id}': { parameters: { id }, body: { description: 'taken over' } },
    'GET /api/v1/webhooks/{id}/deliveries': { parameters: { id } },
    'GET /api/v1/webhooks/{id}/deliveries/{deliveryId}': { parameters: { id, deliveryId } },
    'GET /api/v1/events/{id}/deliveries': { parameters: { id: eventId } },
    'POST /api/v1/webhooks/{id}/secret/rotate': { parameters: { id } },
    'POST /api/v1/webhooks/{id}/test': { parameters: { id } },
    'POST /api/v1/webhooks/{id}/deliveries/{deliveryId}/retry': { parameters: { id, deliveryId } },
    'POST /api/v1/webhooks/{id}/recover': {
      parameters: { id },
      body: { since: longAgo, status: 'missing' },
    },
    'GET /api/v1/webhooks/{id}/recoveries': { parameters: { id: recovered } },
    'GET /api/v1/webhooks/{id}/recoveries/{recoveryId}': { parameters: ofRecovery },
    'POST /api/v1/webhooks/{id}/recoveries/{recoveryId}/cancel': { parameters: ofRecovery },
    'DELETE /api/v1/webhooks/{id}': { parameters: { id } },
  };
};

export default cases;
