import { type Dispatcher, Pool } from 'undici';

export interface Connections {
  /**
   * Sends over a connection that only requests with the same `webhookId` and origin have used or
   * will use.
   */
  dispatch(
    webhookId: string,
    origin: string,
    request: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): void;
  /** Open sockets. */
  readonly count: number;
  destroy(): Promise<void>;
}

/**
 * Keeps the connections of each subscription apart. Many tenants have their receivers behind one
 * host, where one of them may be able to put an answer too many on a connection, which the next
 * request on it would take for its own, or to keep all connections to the host waiting.
 */
export function createConnections(options: Pool.Options): Connections {
  const pools = new Map<string, Pool>();
  let count = 0;

  const isUnused = ({ stats }: Pool): boolean =>
    stats.connected === 0 && stats.pending === 0 && stats.queued === 0 && stats.running === 0;
  const closeIfUnused = (key: string, pool: Pool): void => {
    if (pools.get(key) !== pool || !isUnused(pool)) return;
    pools.delete(key);
    // It has nothing left to wait for; should it be destroyed meanwhile, that is as good.
    pool.close().catch(() => {});
  };
  const open = (key: string, origin: string): Pool => {
    const pool = new Pool(origin, options);
    pools.set(key, pool);
    pool.on('connect', () => {
      count += 1;
    });
    pool.on('disconnect', () => {
      count -= 1;
      closeIfUnused(key, pool);
    });
    pool.on('connectionError', () => closeIfUnused(key, pool));
    return pool;
  };

  return {
    dispatch(webhookId, origin, request, handler) {
      const key = `${webhookId} ${origin}`;
      const known = pools.get(key);
      const pool = known ?? open(key, origin);
      pool.dispatch(request, handler);
      // A request that undici refuses opens no connection whose end would close the pool.
      if (!known) closeIfUnused(key, pool);
    },
    get count() {
      return count;
    },
    async destroy() {
      const all = [...pools.values()];
      pools.clear();
      await Promise.all(all.map((pool) => pool.destroy()));
    },
  };
}
