import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');
const nat64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
// Azure's host agent: a public number, answered only inside a virtual machine, with its secrets.
const azureHostAgent = '168.63.129.16';

// ipaddr.js takes `::8.8.8.8` for the mapped `::ffff:8.8.8.8`; written in hexadecimal it does not.
function withoutDots(ip: string): string {
  return ip.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)/, (_quad, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
}

/**
 * Reads one literal address; an IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) becomes the
 * IPv4 address that a socket would dial. Null for anything else: `isIP` comes first because
 * ipaddr.js alone also accepts `127.1` and `0x7f000001`.
 */
export function parseAddress(ip: string): Address | null {
  const family = isIP(ip);
  if (family === 0) return null;
  return family === 4 ? ipaddr.parse(ip) : ipaddr.process(withoutDots(ip));
}

/** Reads `address/bits`. Throws one line that names the entry when it is malformed. */
export function parseRange(cidr: string): Range {
  const literal = cidr.slice(0, Math.max(cidr.indexOf('/'), 0));
  if (isIP(literal) === 0 || !ipaddr.isValidCIDR(cidr)) {
    throw new Error(`"${cidr}" is not a CIDR range: write it like 127.0.0.0/8 or ::1/128`);
  }
  return ipaddr.parseCIDR(isIP(literal) === 4 ? cidr : withoutDots(cidr));
}

/** ipaddr.js throws when the families differ; for a list of ranges that is simply no match. */
export function inRange(address: Address, [network, bits]: Range): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

function isPublicIpv4(address: ipaddr.IPv4): boolean {
  return address.range() === 'unicast' && address.toString() !== azureHostAgent;
}

/**
 * Whether an address is one that anybody on the internet may receive at, by the IANA
 * special-purpose registries (RFC 6890). IPv6 fails closed: only global unicast (2000::/3) counts,
 * so mapped, compatible (::/96), link-local, site-local, unique local and multicast addresses do
 * not. NAT64 (RFC 6052) is judged by the IPv4 address inside, as DNS64 networks reach everything
 * that way; 6to4 and Teredo are refused whole, as no receiver lives there and their relays can
 * point anywhere.
 */
export function isPublicAddress(address: Address): boolean {
  if (address instanceof ipaddr.IPv4) return isPublicIpv4(address);
  if (inRange(address, nat64))
    return isPublicIpv4(new ipaddr.IPv4(address.toByteArray().slice(12)));
  return inRange(address, globalUnicast) && address.range() === 'unicast';
}
