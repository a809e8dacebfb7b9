import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { DeliveryEvidence } from '@trellis/test/collect-delivery';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ageMsMax = 60_000;
const prefix = 'whsec_';

/** Says what is wrong with a delivery, nothing when all is right. */
export type JudgeDelivery = (delivery: DeliveryEvidence) => string | undefined;

/**
 * Judges deliveries one after another, with all secrets that any subscription had. Each signature
 * must be of one of these and accepted by both libraries at the time of the arrival, and all tries
 * of an event must have the same body.
 */
export function createDeliveryJudge(secrets: Iterable<string>): JudgeDelivery {
  const findSecret = createSecretSearch([...secrets].filter((text) => text.startsWith(prefix)));
  const bodies = new Map<string, string>();

  return (delivery) => {
    const { headers, atMs } = delivery;
    const id = headers['webhook-id'] ?? '';
    const body = Buffer.from(delivery.body, 'base64');
    if (!uuid.test(id)) return `the id "${id}" is no UUID`;
    const timestamp = headers['webhook-timestamp'] ?? '';
    if (!/^\d+$/.test(timestamp)) return `the timestamp "${timestamp}" is no whole number`;
    if (Math.abs(atMs - Number(timestamp) * 1_000) > ageMsMax) {
      return `the timestamp ${timestamp} is far from the arrival at ${new Date(atMs).toISOString()}`;
    }
    const hash = createHash('sha256').update(body).digest('base64');
    const first = bodies.get(id) ?? hash;
    bodies.set(id, first);
    if (first !== hash) return 'the body differs from that of another try';
    return judgeSignatures(delivery, body, findSecret);
  };
}

function judgeSignatures(
  delivery: DeliveryEvidence,
  body: Buffer,
  findSecret: ReturnType<typeof createSecretSearch>,
): string | undefined {
  const signatures = delivery.headers['webhook-signature']?.split(' ') ?? [];
  if (signatures.length === 0) return 'it has no signature';
  for (const signature of signatures) {
    const secret = findSecret(delivery, body, signature);
    if (!secret) return `no secret makes the signature ${signature}`;
    const headers = { ...delivery.headers, 'webhook-signature': signature };
    for (const Library of [StandardWebhook, SvixWebhook]) {
      const refusal = refusalOf(() => new Library(secret).verify(body, headers), delivery.atMs);
      if (refusal) return `a library refuses it: ${refusal}`;
    }
  }
  return undefined;
}

/**
 * The libraries hold the timestamp against the clock, five minutes at most, and the run takes
 * longer: for the call it is the time at which the receiver would have made it.
 */
function refusalOf(verify: () => unknown, atMs: number): string | undefined {
  const { now } = Date;
  Date.now = () => atMs;
  try {
    verify();
    return undefined;
  } catch (error) {
    return String(error);
  } finally {
    Date.now = now;
  }
}

/** Finds the secret of a signature, first among those that its receiver has had before. */
function createSecretSearch(secrets: readonly string[]) {
  const known = new Map<string, Set<string>>();
  return (
    { receiver, headers }: DeliveryEvidence,
    body: Buffer,
    signature: string,
  ): string | undefined => {
    const expected = Buffer.from(signature);
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.`;
    const makes = (secret: string): boolean => {
      const key = Buffer.from(secret.slice(prefix.length), 'base64');
      const mac = createHmac('sha256', key).update(signed).update(body).digest('base64');
      const made = Buffer.from(`v1,${mac}`);
      return made.length === expected.length && timingSafeEqual(made, expected);
    };
    const before = known.get(receiver) ?? new Set();
    known.set(receiver, before);
    const found = [...before].find(makes) ?? secrets.find(makes);
    if (found) before.add(found);
    return found;
  };
}
