import type { App } from '@trellis/http/types';
import type { DeliveriesService } from '../deliveries/service.ts';
import { getDeliveryRoute } from './get-delivery.ts';
import { listDeliveriesRoute } from './list-deliveries.ts';
import { listEventDeliveriesRoute } from './list-event-deliveries.ts';
import { retryDeliveryRoute } from './retry-delivery.ts';
import { testWebhookRoute } from './test-webhook.ts';

/** All that has to do with single deliveries. */
export function deliveryRoutes(app: App, service: DeliveriesService): void {
  listDeliveriesRoute(app, service);
  listEventDeliveriesRoute(app, service);
  getDeliveryRoute(app, service);
  retryDeliveryRoute(app, service);
  testWebhookRoute(app, service);
}
