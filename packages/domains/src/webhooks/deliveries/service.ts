import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { type Page, type PageQuery, toPage } from '@trellis/core/pagination';
import { holdsPermission } from '@trellis/core/permissions';
import type { Platform } from '../../platform.ts';
import type { AddressGuard } from '../delivery/guard-address.ts';
import type {
  DeliveriesQuery,
  DeliveryReply,
  DeliveryWithAttemptsReply,
} from '../delivery-schemas.ts';
import { found } from '../found.ts';
import { findWebhook } from '../repository.ts';
import { listDeliveries, listEventDeliveries } from './list-deliveries.ts';
import { presentDelivery, presentDetails } from './present.ts';
import * as repository from './repository.ts';
import { retryDelivery } from './retry-delivery.ts';
import { testWebhook } from './test-webhook.ts';

export interface DeliveriesService {
  list(call: CallContext, webhookId: string, query: DeliveriesQuery): Promise<Page<DeliveryReply>>;
  /** Those of an event, over all subscriptions. */
  listOfEvent(call: CallContext, eventId: string, page: PageQuery): Promise<Page<DeliveryReply>>;
  /** Its payload is null for who may not read events. */
  get(call: CallContext, webhookId: string, id: string): Promise<DeliveryWithAttemptsReply>;
  retry(call: CallContext, webhookId: string, id: string): Promise<DeliveryReply>;
  /** Sends a test event to the subscription. */
  test(call: CallContext, webhookId: string): Promise<DeliveryReply>;
}

type Needs = Pick<Platform, 'db' | 'jobs' | 'secrets'> & {
  guard: Pick<AddressGuard, 'checkHost'>;
};

export function createDeliveriesService(needs: Needs): DeliveriesService {
  const { db } = needs;
  return {
    list: (call, webhookId, query) =>
      db.withTenant(call.tenantId, async (tx) => {
        found(await findWebhook(tx, webhookId));
        const rows = await listDeliveries(tx, webhookId, query);
        return toPage(rows, query.limit, presentDelivery);
      }),

    listOfEvent: (call, eventId, page) =>
      db.withTenant(call.tenantId, async (tx) => {
        if (!(await repository.isEvent(tx, eventId))) throw commonErrors.not_found();
        const rows = await listEventDeliveries(tx, eventId, page);
        return toPage(rows, page.limit, presentDelivery);
      }),

    get: (call, webhookId, id) =>
      db.withTenant(call.tenantId, async (tx) =>
        presentDetails(
          found(await repository.findDelivery(tx, webhookId, id)),
          holdsPermission(call.permissions, 'events:read'),
        ),
      ),

    retry: (call, webhookId, id) => retryDelivery(needs, call, webhookId, id),
    test: (call, webhookId) => testWebhook(needs, call, webhookId),
  };
}
