import type { IncomingMessage } from 'node:http';
import { collectEvidence } from './evidence.ts';

/** One delivery as a receiver got it, a line of the evidence. */
export interface DeliveryEvidence {
  /** Tells the receivers of the whole run apart. */
  receiver: string;
  /** Unix milliseconds at which all of it was there. */
  atMs: number;
  headers: Record<string, string>;
  /** In base64: these bytes were signed. */
  body: string;
}

/** What a process keeps in full, and in all: a run delivers hundreds of thousands. */
const fullBytes = 1_000_000;
const keptBytesMax = 4_000_000;
/** Behind the first, all tries of one event in so many. */
const sampleEvery = 32;

const kept = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
let written = 0;

/**
 * Leaves a delivery for test/whole-run to verify, in a run of the whole suite. Every receiver of
 * the tests calls it with each request; what is not signed is no delivery and not kept.
 */
export function collectDelivery(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  body: Uint8Array,
): void {
  const id = String(headers['webhook-id'] ?? '');
  if (headers['webhook-signature'] === undefined || !mayKeep(id)) return;
  const evidence: DeliveryEvidence = {
    receiver: `${process.pid}:${socket.localPort}`,
    atMs: Date.now(),
    headers: Object.fromEntries(kept.map((name) => [name, String(headers[name] ?? '')])),
    body: Buffer.from(body).toString('base64'),
  };
  const line = JSON.stringify(evidence);
  written += line.length;
  collectEvidence('deliveries', [line]);
}

/** The end of an id is random. */
function mayKeep(id: string): boolean {
  if (written < fullBytes) return true;
  return written < keptBytesMax && Number.parseInt(id.slice(-4), 16) % sampleEvery === 0;
}
