import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';

const candidates = ['ip6-localhost', 'ip6-loopback', 'localhost.localdomain', hostname()];

/**
 * Names beside `localhost` that this machine resolves to addresses of its own. How many there are
 * depends on the machine; it may be none.
 */
export async function ownNames(): Promise<string[]> {
  const found = await Promise.all(
    candidates.map(async (name) => {
      const addresses = await lookup(name, { all: true }).catch(() => []);
      const own = addresses.length > 0 && addresses.every(({ address }) => isPrivate(address));
      return own ? name : undefined;
    }),
  );
  return found.filter((name) => name !== undefined);
}

function isPrivate(address: string): boolean {
  return /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|::1$|f[cd])/.test(address);
}
