import { isIPv4, isIPv6 } from 'node:net';
import { normalizeIP } from '@fastify/rate-limit';

/** What counts as one address: an IPv4 address however it is written, or the /64 of an IPv6 one. */
export type NetworkOf = (ip: string | undefined) => string;

/** In place of those that were read first. */
const keptMax = 10_000;
/** No address is longer, but what a proxy was sent can be. */
const lengthMax = 64;
/** How an IPv4 client comes in where the server listens on IPv6. */
const mappedPrefix = '::ffff:';

/** Reading an IPv6 address costs as much as a good part of a request, so the last ones are kept. */
export function createNetworkOf(max = keptMax): NetworkOf {
  const kept = new Map<string, string>();
  return (ip) => {
    // A connection that is gone already has no address.
    if (ip === undefined || ip.length > lengthMax) return unknown;
    if (isIPv4(ip)) return ip;
    if (ip.startsWith(mappedPrefix) && isIPv4(ip.slice(mappedPrefix.length))) {
      return ip.slice(mappedPrefix.length);
    }
    const known = kept.get(ip);
    if (known !== undefined) return known;
    const network = readNetwork(ip);
    if (kept.size >= max) kept.delete(kept.keys().next().value ?? '');
    kept.set(ip, network);
    return network;
  };
}

/** Who cannot be told apart counts together. */
const unknown = 'unknown';

/** Some proxies write the port behind the address, and a link-local one can name its interface. */
const written = /^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d+)?$/;

function readNetwork(text: string): string {
  const [, inBrackets, v4] = written.exec(text) ?? [];
  const [address = ''] = (inBrackets ?? v4 ?? text).split('%', 1);
  return isIPv4(address) || isIPv6(address) ? normalizeIP(address) : unknown;
}
