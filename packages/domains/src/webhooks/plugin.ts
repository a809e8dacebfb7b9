import { parseList } from '@trellis/config/parse-list';
import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { createDeliveriesService } from './deliveries/service.ts';
import { createAddressGuard } from './delivery/guard-address.ts';
import { createRecoveryService } from './recovery/service.ts';
import { cancelRecoveryRoute } from './routes/cancel-recovery.ts';
import { createWebhookRoute } from './routes/create-webhook.ts';
import { deleteWebhookRoute } from './routes/delete-webhook.ts';
import { deliveryRoutes } from './routes/delivery-routes.ts';
import { getRecoveryRoute } from './routes/get-recovery.ts';
import { getWebhookRoute } from './routes/get-webhook.ts';
import { listRecoveriesRoute } from './routes/list-recoveries.ts';
import { listWebhooksRoute } from './routes/list-webhooks.ts';
import { recoverWebhookRoute } from './routes/recover-webhook.ts';
import { rotateSecretRoute } from './routes/rotate-secret.ts';
import { updateWebhookRoute } from './routes/update-webhook.ts';
import { createWebhooksService } from './service.ts';

export default async function webhooksPlugin(app: App): Promise<void> {
  const guard = createAddressGuard({
    allowCidrs: parseList(app.settings.WEBHOOK_ALLOW_CIDRS),
    dnsServers: parseList(app.settings.WEBHOOK_DNS_SERVERS),
  });
  const needs = { ...app.platform, guard };
  const service = createWebhooksService(needs);
  createWebhookRoute(app, service);
  listWebhooksRoute(app, service);
  getWebhookRoute(app, service);
  updateWebhookRoute(app, service);
  deleteWebhookRoute(app, service);
  rotateSecretRoute(app, service);
  deliveryRoutes(app, createDeliveriesService(needs));
  const recovery = createRecoveryService(app.platform);
  recoverWebhookRoute(app, recovery);
  listRecoveriesRoute(app, recovery);
  getRecoveryRoute(app, recovery);
  cancelRecoveryRoute(app, recovery);
}
