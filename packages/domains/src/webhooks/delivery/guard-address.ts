import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { hostOf, parseUrl } from './parse-url.ts';
import { inRange, isPublicAddress, parseAddress, parseRange } from './public-address.ts';
import { BlockedAddressError } from './refused-url.ts';
import { createSystemResolve } from './resolve-host.ts';
import { type Resolve, shareResolve } from './share-resolve.ts';

const resolveTimeoutMs = 2000;
/** Of one name: a delivery must not knock at the doors of hundreds that somebody put into the DNS. */
const addressesMax = 8;
const notPublic = 'the host resolves to no address that is public';

export interface AddressGuardOptions {
  /** Ranges that are opened although they are not public, such as `127.0.0.0/8`. */
  allowCidrs: readonly string[];
  /** Asked for names, as `address` or `address:port`; those of the system when there are none. */
  dnsServers?: readonly string[];
  /** Asked instead. */
  resolve?: Resolve;
}

export interface AddressGuard {
  /**
   * The part that needs no network: length, scheme, credentials, literal addresses, `localhost`.
   * Answers the parsed URL; throws UrlRefusedError or BlockedAddressError.
   */
  checkUrl(url: string): URL;
  /** `checkUrl`, then DNS, for when a URL is entered. Rejects with the same errors. */
  checkHost(url: string): Promise<void>;
  /** Whether one literal IPv4 or IPv6 address may be dialled; false for anything else. */
  isAllowed(ip: string): boolean;
  /** For the `lookup` option of net, tls and undici's connector: what it answers is dialled. */
  lookup: LookupFunction;
}

function isLocalName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** 4, 6, or 0 for both; Node also accepts the names. */
function familyOf({ family }: LookupOptions): number {
  if (family === 'IPv4') return 4;
  return family === 'IPv6' ? 6 : (family ?? 0);
}

function createLookup(resolve: Resolve, isAllowed: (ip: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, (error, addresses) => {
      if (error) return callback(error, '', 0);
      const family = familyOf(options);
      // Only what is allowed goes on, in the resolver's order, so a blocked address beside a
      // public one can never be dialled. Refusing the name for it would add no safety, and would
      // break names with one stray record, such as a localhost of which only IPv4 is opened.
      const allowed = addresses
        .filter((entry) => isAllowed(entry.address) && (family === 0 || entry.family === family))
        .slice(0, addressesMax);
      const first = allowed[0];
      if (!first) return callback(new BlockedAddressError(notPublic), '', 0);
      if (options.all) return callback(null, allowed);
      return callback(null, first.address, first.family);
    });
  };
}

async function withinMs<T>(limitMs: number, work: Promise<T>): Promise<T | null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(resolve, limitMs, null);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Keeps deliveries away from the networks that we run in (OWASP, server-side request forgery).
 * The connector resolves through `lookup`, so the address that was checked is the address that is
 * dialled and a name that rebinds gains nothing. A socket skips `lookup` for a literal address:
 * the sender therefore calls `checkUrl` before every delivery.
 * Throws at once, naming the entry, when one of `allowCidrs` is malformed.
 */
export function createAddressGuard(options: AddressGuardOptions): AddressGuard {
  const allowedRanges = options.allowCidrs.map(parseRange);
  const resolve = shareResolve(options.resolve ?? createSystemResolve(options.dnsServers));

  const isAllowed = (ip: string): boolean => {
    const address = parseAddress(ip);
    if (!address) return false;
    return allowedRanges.some((range) => inRange(address, range)) || isPublicAddress(address);
  };
  const checkUrl = (text: string): URL => {
    const url = parseUrl(text);
    const host = hostOf(url);
    if (isIP(host) !== 0 && !isAllowed(host)) {
      throw new BlockedAddressError(`the address ${host} is not public`);
    }
    if (isLocalName(host) && !isAllowed('127.0.0.1') && !isAllowed('::1')) {
      throw new BlockedAddressError(`the host ${host} is this machine itself`);
    }
    return url;
  };
  const addressesOf = (host: string): Promise<LookupAddress[]> =>
    new Promise((answer) => {
      resolve(host, (error, addresses) => answer(error ? [] : addresses));
    });

  return {
    checkUrl,
    async checkHost(text) {
      const host = hostOf(checkUrl(text));
      if (isIP(host) !== 0) return;
      // A name that does not resolve now, or not in time, may well do so when the first event
      // comes; a delivery then asks again, and is guarded just the same.
      const addresses = (await withinMs(resolveTimeoutMs, addressesOf(host))) ?? [];
      if (addresses.length > 0 && !addresses.some((entry) => isAllowed(entry.address))) {
        throw new BlockedAddressError(notPublic);
      }
    },
    isAllowed,
    lookup: createLookup(resolve, isAllowed),
  };
}
