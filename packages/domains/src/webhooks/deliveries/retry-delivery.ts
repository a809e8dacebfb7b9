import type { CallContext } from '@trellis/core/context';
import { writeAudit } from '../../audit/write-audit.ts';
import type { Platform } from '../../platform.ts';
import type { DeliveryReply } from '../delivery-schemas.ts';
import { webhookErrors } from '../errors.ts';
import { found, foundActive } from '../found.ts';
import { deliverWebhooks } from '../jobs.ts';
import { lockWebhook, probeNow } from '../repository.ts';
import { presentDelivery } from './present.ts';
import { lockDelivery, sendAgain } from './repository.ts';

/**
 * Has a delivery sent again, whatever came of it, with all its tries. One that a worker sends at
 * this moment is not sent twice. Throws `webhook_inactive` and `delivery_cancelled` (409).
 */
export function retryDelivery(
  needs: Pick<Platform, 'db' | 'jobs' | 'secrets'>,
  call: CallContext,
  webhookId: string,
  id: string,
): Promise<DeliveryReply> {
  return needs.db.withTenant(call.tenantId, async (tx) => {
    foundActive(await lockWebhook(tx, webhookId));
    // Before the delivery, as the worker locks them in this order when it records.
    await probeNow(tx, webhookId);
    const before = found(await lockDelivery(tx, webhookId, id));
    if (before.status === 'cancelled') throw webhookErrors.delivery_cancelled();
    const after = presentDelivery(await sendAgain(tx, before));
    await writeAudit(needs, tx, call, {
      action: 'webhook.delivery_retried',
      resourceType: 'webhook',
      resourceId: webhookId,
      before: presentDelivery(before),
      after,
    });
    tx.afterCommit(() => needs.jobs.ring(deliverWebhooks));
    return after;
  });
}
