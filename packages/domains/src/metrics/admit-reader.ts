import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import { metricsErrors } from './errors.ts';

/** What a proxy adds: the peer is then not who asks. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Throws unless the request may see the metrics. */
export type AdmitReader = (request: Pick<IncomingMessage, 'headers' | 'socket'>) => void;

/**
 * With a token whoever sends it may read; without one, whoever connects from the same machine.
 * Refuses with `metrics_token_required` or `metrics_local_only`.
 */
export function createAdmitReader(token: string | undefined): AdmitReader {
  if (token === undefined) return admitLocal;
  const expected = digest(token);
  return ({ headers }) => {
    const [, given] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    // Digests have one length, and how long they take to compare tells nothing of the token.
    if (given === undefined || !timingSafeEqual(digest(given), expected)) {
      throw metricsErrors.metrics_token_required();
    }
  };
}

const admitLocal: AdmitReader = ({ headers, socket }) => {
  const { remoteAddress = '' } = socket;
  const isLocal = loopback.check(remoteAddress, isIPv6(remoteAddress) ? 'ipv6' : 'ipv4');
  if (!isLocal || proxyHeaders.some((name) => headers[name] !== undefined)) {
    throw metricsErrors.metrics_local_only(
      'Set `METRICS_TOKEN`, and send it as a bearer token, to read the metrics from elsewhere.',
    );
  }
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
