import { parseList } from '@trellis/config/parse-list';
import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { createAddressGuard } from './delivery/guard-address.ts';
import { createWebhookRoute } from './routes/create-webhook.ts';
import { deleteWebhookRoute } from './routes/delete-webhook.ts';
import { getDeliveryRoute } from './routes/get-delivery.ts';
import { getWebhookRoute } from './routes/get-webhook.ts';
import { listDeliveriesRoute } from './routes/list-deliveries.ts';
import { listWebhooksRoute } from './routes/list-webhooks.ts';
import { updateWebhookRoute } from './routes/update-webhook.ts';
import { createWebhooksService } from './service.ts';

export default async function webhooksPlugin(app: App): Promise<void> {
  const guard = createAddressGuard({ allowCidrs: parseList(app.settings.WEBHOOK_ALLOW_CIDRS) });
  const service = createWebhooksService({ ...app.platform, guard });
  createWebhookRoute(app, service);
  listWebhooksRoute(app, service);
  getWebhookRoute(app, service);
  updateWebhookRoute(app, service);
  deleteWebhookRoute(app, service);
  listDeliveriesRoute(app, service);
  getDeliveryRoute(app, service);
}
