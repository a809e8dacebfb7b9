import { parseList } from '@trellis/config/parse-list';
import { handleJob, type WorkerModule } from '@trellis/queue/define-job';
import type { WorkerPlatform } from '../platform.ts';
import { createCanceller } from './cancel-deliveries.ts';
import { createAddressGuard } from './delivery/guard-address.ts';
import { createSender } from './delivery/send.ts';
import { cancelDeliveries, deliverWebhooks, recoverWebhook, removeOldDeliveries } from './jobs.ts';
import { collectBacklog } from './pump/collect-backlog.ts';
import { createPump } from './pump/pump.ts';
import { readRetrySchedules } from './pump/retry-schedules.ts';
import { createRecoverer } from './recovery/recover.ts';
import { removeOld } from './remove-old-deliveries.ts';

export default function createWorker(platform: WorkerPlatform): WorkerModule {
  const { settings } = platform;
  const guard = createAddressGuard({
    allowCidrs: parseList(settings.WEBHOOK_ALLOW_CIDRS),
    dnsServers: parseList(settings.WEBHOOK_DNS_SERVERS),
  });
  const sender = createSender({
    guard,
    userAgent: `Trellis/${platform.version}`,
    deadlineMs: settings.WEBHOOK_TIMEOUT_MS,
    connectionsPerWebhook: settings.WEBHOOK_CONCURRENCY_PER_ENDPOINT,
  });
  const pump = createPump(
    { ...platform, sender },
    {
      total: settings.WEBHOOK_CONCURRENCY,
      perTenant: settings.WEBHOOK_CONCURRENCY_PER_TENANT,
      perWebhook: settings.WEBHOOK_CONCURRENCY_PER_ENDPOINT,
      timeoutMs: settings.WEBHOOK_TIMEOUT_MS,
      sweepMs: settings.WEBHOOK_SWEEP_MS,
      schedules: readRetrySchedules(settings),
      circuit: {
        failures: settings.WEBHOOK_CIRCUIT_FAILURES,
        probeMs: settings.WEBHOOK_CIRCUIT_PROBE_MS,
      },
      drainMs: Math.round(settings.SHUTDOWN_TIMEOUT_MS * 0.6),
    },
  );
  collectBacklog(platform);
  return {
    handlers: [
      handleJob(deliverWebhooks, () => pump.wake()),
      handleJob(recoverWebhook, createRecoverer(platform)),
      handleJob(cancelDeliveries, createCanceller(platform)),
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
