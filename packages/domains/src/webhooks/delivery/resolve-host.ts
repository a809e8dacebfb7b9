import dns, { type LookupAddress } from 'node:dns';

type ResolveError = NodeJS.ErrnoException | null;
type ResolveCallback = (error: ResolveError, addresses: LookupAddress[]) => void;

/** The part of dns.lookup that the guard needs: every address of a name, in the resolver's order. */
export type Resolve = (
  hostname: string,
  options: { all: true; order: 'verbatim' },
  callback: ResolveCallback,
) => void;

export const systemResolve: Resolve = (hostname, options, callback) =>
  dns.lookup(hostname, options, callback);

/**
 * Lets concurrent questions for one name share one answer. getaddrinfo runs on libuv's few
 * threads, so fifty connections to a name whose DNS server is silent would otherwise stop every
 * other tenant's lookups. Nothing is kept once the answer is there: the next connection asks again.
 */
export function shareResolve(resolve: Resolve): (host: string, callback: ResolveCallback) => void {
  const waiting = new Map<string, ResolveCallback[]>();
  return (hostname, callback) => {
    const others = waiting.get(hostname);
    if (others) {
      others.push(callback);
      return;
    }
    const callbacks = [callback];
    waiting.set(hostname, callbacks);
    resolve(hostname, { all: true, order: 'verbatim' }, (error, addresses) => {
      waiting.delete(hostname);
      for (const answer of callbacks) answer(error, addresses);
    });
  };
}
