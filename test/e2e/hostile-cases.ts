import type { Socket } from 'node:net';
import type { RawReceiverOptions } from '@trellis/test/raw-receiver';
import {
  certificate as cert,
  privateKey as key,
} from '../../packages/domains/src/webhooks/test/delivery/self-signed.ts';
import { drip, type HostileAnswer, pour, reset, say, status } from './hostile-answers.ts';

/** A receiver that does not play by the rules, and how an attempt at it is to be recorded. */
export interface HostileCase {
  answer: HostileAnswer;
  receiver?: RawReceiverOptions;
  /** The URL of the subscription, of that of the receiver. */
  url?: (url: string) => string;
  statusCode: number | null;
  errorClass: string;
  error: RegExp;
  /** The attempt lasts as long as it may. */
  isSlow?: boolean;
}

const ok = 'HTTP/1.1 200 OK\r\n';
const silent: HostileAnswer = () => {};
const hangUp: HostileAnswer = (socket) => socket.end();
const toHttps = (url: string) => url.replace('http:', 'https:');
const flood = Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(2_000));
const floodBytesMax = 1e9;

const timeout = {
  errorClass: 'timeout',
  error: /^no complete answer within 15000 ms$/,
  isSlow: true,
};
const invalid = { statusCode: null, errorClass: 'invalid_response', error: /./ };
const lost = { statusCode: null, errorClass: 'connection_reset', error: /./ };
const untrusted = { statusCode: null, errorClass: 'tls', error: /./ };

function saying(bytes: string): HostileCase {
  return { ...invalid, answer: say(bytes) };
}

export const hostileCases: Record<string, HostileCase> = {
  'a body of one byte a second': {
    ...{ ...timeout, statusCode: 200 },
    answer: drip(`${ok}content-length: 1000\r\n\r\n`),
  },
  'a head of one byte a second': { ...timeout, statusCode: null, answer: drip(`${ok}x-a: `) },
  'no answer at all': { ...timeout, statusCode: null, answer: silent },
  'no TLS handshake': { ...timeout, statusCode: null, answer: silent, url: toHttps },
  'a connection that is reset before the request': {
    ...{ ...lost, answer: silent },
    receiver: { onConnection: (socket: Socket) => socket.resetAndDestroy() },
  },
  'a connection that is reset behind the request': { ...lost, answer: reset },
  'a connection that ends without an answer': { ...lost, answer: hangUp },
  'an answer that ends in the middle': {
    ...{ ...lost, statusCode: 200 },
    answer: (socket) => socket.end(`${ok}content-length: 1000\r\n\r\npart of it`),
  },
  'a certificate that nobody signed': {
    ...{ ...untrusted, error: /self-signed/ },
    answer: status(200),
    receiver: { tls: { key, cert } },
  },
  'no TLS where there should be': {
    ...untrusted,
    answer: status(200),
    receiver: { onConnection: (socket) => socket.write(`${ok}content-length: 0\r\n\r\n`) },
    url: toHttps,
  },
  'another protocol': saying('SSH-2.0-OpenSSH_9.6\r\n'),
  'an answer of HTTP/0.9': { ...invalid, answer: (socket) => socket.end('<html>thanks</html>') },
  'a status that HTTP does not have': { ...saying('HTTP/1.1 099 Odd\r\n\r\n'), error: /99$/ },
  'an upgrade that nobody asked for': saying(
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
  ),
  'two lengths': saying(`${ok}content-length: 1\r\ncontent-length: 2\r\n\r\nx`),
  'a null character in a header': saying(`${ok}x-a: a\0b\r\n\r\n`),
  'a chunk without a length': {
    ...saying(`${ok}transfer-encoding: chunked\r\n\r\nzz\r\n`),
    statusCode: 200,
  },
  'headers without end': {
    ...invalid,
    answer: pour(ok, Buffer.from('x-a: b\r\n'.repeat(1_000)), floodBytesMax),
  },
  'interim answers without end': {
    ...{ ...invalid, error: /interim/ },
    answer: pour('', flood, floodBytesMax),
  },
  'a client error': {
    ...{ statusCode: 404, errorClass: 'http_4xx', error: /404/ },
    answer: status(404),
  },
  'a server error': {
    ...{ statusCode: 500, errorClass: 'http_5xx', error: /500/ },
    answer: status(500, { 'retry-after': '3600' }),
  },
};
