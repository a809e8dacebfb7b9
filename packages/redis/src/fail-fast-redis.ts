import { Redis, type RedisOptions } from 'ioredis';

/** Tried again soon at first, and never less often than each second. */
export const reconnect: RedisOptions = {
  retryStrategy: (times) => Math.min(times * 50, 1_000),
  // After a failover the address leads to the new primary, and the connection to the old one.
  reconnectOnError: ({ message }) => message.startsWith('READONLY'),
};

/**
 * A connection that fails at once instead of waiting for a Redis that is away. With
 * `commandTimeoutMs` also for one that is frozen; who leaves it out keeps the time.
 */
export function failFastRedis(
  url: string,
  { commandTimeoutMs, ...options }: RedisOptions & { commandTimeoutMs?: number } = {},
): Redis {
  return new Redis(url, {
    ...reconnect,
    enableOfflineQueue: false,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 0,
    ...(commandTimeoutMs !== undefined && { commandTimeout: commandTimeoutMs }),
    ...options,
  });
}
