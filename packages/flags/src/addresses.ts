import { BlockList, isIP } from 'node:net';

/** Whether an address is one of these, or in one of these ranges (CIDR); what is neither is ignored. */
export function compileAddresses(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) add(list, range.trim());
  return (address) => {
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
  };
}

function add(list: BlockList, range: string): void {
  const [address = '', prefix] = range.split('/', 2);
  const family = isIP(address);
  if (family === 0) return;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const bits = family === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : Number(prefix);
  if (!Number.isInteger(length) || length < 0 || length > bits) return;
  list.addSubnet(address, length, type);
}
