import { parseList } from '@trellis/config/parse-list';
import { handleJob, type WorkerModule } from '@trellis/queue/define-job';
import type { WorkerPlatform } from '../platform.ts';
import { createAddressGuard } from './delivery/guard-address.ts';
import { createSender } from './delivery/send.ts';
import { deliverWebhooks, removeOldDeliveries } from './jobs.ts';
import { createPump } from './pump/pump.ts';
import { removeOld } from './remove-old-deliveries.ts';

export default function createWorker(platform: WorkerPlatform): WorkerModule {
  const { settings } = platform;
  const guard = createAddressGuard({ allowCidrs: parseList(settings.WEBHOOK_ALLOW_CIDRS) });
  const sender = createSender({
    guard,
    userAgent: `Trellis/${platform.version}`,
    deadlineMs: settings.WEBHOOK_TIMEOUT_MS,
    connectionsPerOrigin: settings.WEBHOOK_CONCURRENCY_PER_ENDPOINT,
  });
  const pump = createPump(
    { ...platform, sender },
    {
      total: settings.WEBHOOK_CONCURRENCY,
      perTenant: settings.WEBHOOK_CONCURRENCY_PER_TENANT,
      perWebhook: settings.WEBHOOK_CONCURRENCY_PER_ENDPOINT,
      timeoutMs: settings.WEBHOOK_TIMEOUT_MS,
      sweepMs: settings.WEBHOOK_SWEEP_MS,
      drainMs: Math.round(settings.SHUTDOWN_TIMEOUT_MS * 0.6),
    },
  );
  return {
    handlers: [
      handleJob(deliverWebhooks, () => pump.wake()),
      handleJob(removeOldDeliveries, async () => {
        const removed = await removeOld(platform.db);
        platform.log.info({ ...removed }, 'Old deliveries were removed.');
      }),
    ],
    start: async () => pump.start(),
    drain: async () => {
      await pump.drain();
      await sender.close();
    },
  };
}
