import type { CallContext } from '@trellis/core/context';
import { writeAudit } from '../../audit/write-audit.ts';
import type { EventData } from '../../events/define-event.ts';
import { payloadOf } from '../../events/publish-event.ts';
import type { Platform } from '../../platform.ts';
import type { AddressGuard } from '../delivery/guard-address.ts';
import type { DeliveryReply } from '../delivery-schemas.ts';
import { webhookTest } from '../events.ts';
import { foundActive } from '../found.ts';
import { deliverWebhooks } from '../jobs.ts';
import { refuseBadUrl } from '../refuse-url.ts';
import { lockWebhook, probeNow, readWebhook } from '../repository.ts';
import { presentDelivery } from './present.ts';
import { insertDirect } from './repository.ts';

type Needs = Pick<Platform, 'db' | 'jobs' | 'secrets'> & {
  guard: Pick<AddressGuard, 'checkHost'>;
};

/**
 * Sends `webhook.test` to one subscription alone, on the way of every other event. It is tried
 * once and does not count against the plan. Throws `webhook_inactive` (409), `url_refused` (422).
 */
export async function testWebhook(
  needs: Needs,
  call: CallContext,
  id: string,
): Promise<DeliveryReply> {
  const { db, jobs, guard } = needs;
  const { tenantId } = call;
  const { url } = foundActive(await readWebhook(db, tenantId, id));
  await refuseBadUrl(guard, url);
  return db.withTenant(tenantId, async (tx) => {
    foundActive(await lockWebhook(tx, id));
    await probeNow(tx, id);
    const delivery = presentDelivery(
      await insertDirect(tx, testEvent(tenantId, id), { webhookId: id, trigger: 'test' }),
    );
    await writeAudit(needs, tx, call, {
      action: 'webhook.tested',
      resourceType: 'webhook',
      resourceId: id,
      after: delivery,
    });
    tx.afterCommit(() => jobs.ring(deliverWebhooks));
    return delivery;
  });
}

function testEvent(tenantId: string, webhookId: string) {
  const data: EventData<typeof webhookTest> = {
    webhookId,
    message: 'This is a test: the endpoint gets what it is sent.',
  };
  const { name: type } = webhookTest;
  return { tenantId, type, payload: payloadOf({ type, data: JSON.stringify(data) }) };
}
