import { failFastRedis, reconnect } from '@trellis/redis/fail-fast-redis';
import { Queue, type QueueOptions, Worker, type WorkerOptions } from 'bullmq';
import { Redis } from 'ioredis';
import { type QueueBackend, type QueueSettings, workerDefaults } from './backend.ts';
import { createPostgresQueueBackend } from './postgres-backend.ts';

export function createQueueBackend(settings: QueueSettings): QueueBackend {
  return settings.redisUrl
    ? createRedisBackend(settings, settings.redisUrl)
    : createPostgresQueueBackend(settings);
}

function createRedisBackend(settings: QueueSettings, url: string): QueueBackend {
  const producer = failFastRedis(url, {
    commandTimeoutMs: settings.redisCommandTimeoutMs,
  });
  producer.on('error', settings.onError);
  // A worker waits for jobs as long as it takes, also for Redis itself.
  const consumer = new Redis(url, { ...reconnect, maxRetriesPerRequest: null });
  consumer.on('error', settings.onError);
  const shared = { prefix: `${settings.redisPrefix}:queue`, skipVersionCheck: true };
  return {
    kind: 'redis',
    openQueue(name) {
      const options: QueueOptions = { ...shared, connection: producer, skipWaitingForReady: true };
      const queue = new Queue(name, options);
      queue.on('error', settings.onError);
      return queue;
    },
    openWorker(name, processor, { concurrency, onFailed }) {
      const all: WorkerOptions = {
        ...workerDefaults,
        ...shared,
        concurrency,
        connection: consumer,
      };
      const worker = new Worker(name, processor, all);
      worker.on('error', settings.onError);
      worker.on('failed', onFailed);
      worker.run().catch(settings.onError);
      return worker;
    },
    ping: async () => {
      await producer.ping();
    },
    close: async () => {
      producer.disconnect();
      consumer.disconnect();
    },
  };
}
