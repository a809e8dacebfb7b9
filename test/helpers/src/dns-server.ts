import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Test } from 'tap';

export interface DnsQuestion {
  /** In lower case. */
  name: string;
  type: 'A' | 'AAAA';
}

/**
 * Addresses, of which those of the family that was asked for are sent; null for no such name;
 * `silent` for no answer, `broken` for one that is none.
 */
export type DnsAnswer = readonly string[] | null | 'silent' | 'broken';

export interface DnsServer {
  /** `address:port`, as `dns.setServers` takes it. */
  address: string;
  questions: DnsQuestion[];
}

const headerBytes = 12;
const typeNames: Record<number, DnsQuestion['type']> = { 1: 'A', 28: 'AAAA' };
const responseFlags = 0x8180;
const noSuchName = 3;

/** A real DNS server on UDP (RFC 1035) whose answers nobody may keep; closed when the test ends. */
export async function startDnsServer(
  t: Pick<Test, 'teardown'>,
  answerOf: (question: DnsQuestion) => DnsAnswer,
): Promise<DnsServer> {
  const questions: DnsQuestion[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, sender) => {
    const { name, typeCode, end } = readQuestion(query);
    const type = typeNames[typeCode];
    if (type) questions.push({ name, type });
    const answer = type ? answerOf({ name, type }) : [];
    if (answer === 'silent') return;
    const question = query.subarray(0, end);
    const reply =
      answer === 'broken'
        ? Buffer.concat([query.subarray(0, 2), Buffer.alloc(30, 0xff)])
        : response(question, typeCode, answer && ofType(answer, type));
    socket.send(reply, sender.port, sender.address);
  });
  await new Promise<void>((ready) => socket.bind(0, '127.0.0.1', ready));
  t.teardown(() => new Promise<void>((closed) => socket.close(closed)));
  return { address: `127.0.0.1:${socket.address().port}`, questions };
}

function readQuestion(query: Buffer): { name: string; typeCode: number; end: number } {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const name = labels.join('.').toLowerCase();
  return { name, typeCode: query.readUInt16BE(at + 1), end: at + 5 };
}

function ofType(addresses: readonly string[], type: DnsQuestion['type'] | undefined): string[] {
  return addresses.filter((address) => isIPv6(address) === (type === 'AAAA'));
}

/** The header and the question of the query, and what is answered to it. */
function response(query: Buffer, typeCode: number, answer: readonly string[] | null): Buffer {
  const head = Buffer.from(query);
  head.writeUInt16BE(responseFlags | (answer ? 0 : noSuchName), 2);
  head.writeUInt16BE(answer?.length ?? 0, 6);
  head.fill(0, 8, headerBytes);
  return Buffer.concat([head, ...(answer ?? []).map((address) => record(typeCode, address))]);
}

/** Its name is the one of the question; its time to live is nothing. */
function record(typeCode: number, address: string): Buffer {
  const data = bytesOf(address);
  const head = Buffer.alloc(headerBytes);
  head.writeUInt16BE(0xc000 | headerBytes, 0);
  head.writeUInt16BE(typeCode, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function bytesOf(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  const [before = '', after = ''] = address.split('::');
  const groups = (part: string) => part.split(':').filter(Boolean);
  const zeros = Array(8 - groups(before).length - groups(after).length).fill('0');
  const all = [...groups(before), ...zeros, ...groups(after)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
