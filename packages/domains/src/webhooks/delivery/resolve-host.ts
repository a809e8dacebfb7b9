import dns, { type LookupAddress } from 'node:dns';
import { createHostsFile } from './hosts-file.ts';
import { createLookup } from './lookup-host.ts';
import type { Resolve, ResolveCallback, ResolveError } from './share-resolve.ts';

/** Of one question; the second and last try waits for twice as long. */
const queryTimeoutMs = 1_500;
const queryTries = 2;
/** The DNS has no such name, or there is no DNS: the system may know it from elsewhere. */
const unknownCodes = new Set<string | undefined>([dns.NOTFOUND, dns.NODATA, dns.CONNREFUSED]);

/**
 * Asks the DNS itself and the system only for what the DNS does not know: names without a dot, in
 * the hosts file, or below a search domain. The system's resolver keeps one of libuv's few threads
 * for as long as a DNS server is silent, so that one tenant's dead domains would stop the lookups
 * of all others, and files and passwords with them.
 */
export function createSystemResolve(servers: readonly string[] = []): Resolve {
  const hosts = createHostsFile();
  const lookup = createLookup();
  return (hostname, callback) => {
    const isLocal = !hostname.includes('.') || hostname.endsWith('.localhost');
    if (isLocal || hosts.has(hostname)) return lookup(hostname, callback);
    return query(servers, hostname, (error, addresses) => {
      if (error && unknownCodes.has(error.code)) return lookup(hostname, callback);
      return callback(error, addresses);
    });
  };
}

/** Both families; one that fails does no harm where the other has an answer. */
function query(servers: readonly string[], hostname: string, callback: ResolveCallback): void {
  // One for each name: a broken answer fails all that a resolver has asked for, and a port that
  // nobody knows makes answers hard to forge (RFC 5452).
  const resolver = new dns.Resolver({ timeout: queryTimeoutMs, tries: queryTries });
  if (servers.length > 0) resolver.setServers(servers);
  const answers: LookupAddress[][] = [];
  let failure: ResolveError = null;
  let missing = 2;
  const onAnswer = (family: 4 | 6) => (error: ResolveError, found: string[]) => {
    if (error && !unknownCodes.has(error.code)) failure = error;
    else failure ??= error;
    answers[family] = (found ?? []).map((address) => ({ address, family }));
    missing -= 1;
    if (missing > 0) return;
    const addresses = answers.flat();
    callback(addresses.length > 0 ? null : failure, addresses);
  };
  resolver.resolve4(hostname, onAnswer(4));
  resolver.resolve6(hostname, onAnswer(6));
}
