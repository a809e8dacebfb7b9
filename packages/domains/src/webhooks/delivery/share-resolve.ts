import type { LookupAddress } from 'node:dns';

export type ResolveError = NodeJS.ErrnoException | null;
export type ResolveCallback = (error: ResolveError, addresses: LookupAddress[]) => void;

/** Every address of a name, in the order in which they are to be tried. */
export type Resolve = (hostname: string, callback: ResolveCallback) => void;

/**
 * Lets concurrent questions for one name share one answer. Nothing is kept once the answer is
 * there: the next connection asks again.
 */
export function shareResolve(resolve: Resolve): Resolve {
  const waiting = new Map<string, ResolveCallback[]>();
  return (hostname, callback) => {
    const others = waiting.get(hostname);
    if (others) {
      others.push(callback);
      return;
    }
    const callbacks = [callback];
    waiting.set(hostname, callbacks);
    resolve(hostname, (error, addresses) => {
      waiting.delete(hostname);
      for (const answer of callbacks) answer(error, addresses);
    });
  };
}
