import { createHmac } from 'node:crypto';
import type { DeliveryEvidence } from '@trellis/test/collect-delivery';
import t from 'tap';
import { readEvidence, readLines } from './evidence.ts';
import { createDeliveryJudge } from './judge-deliveries.ts';

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const newer = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;
const other = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const id = '0193b5a0-0000-7000-8000-000000000001';
const atMs = Date.parse('2026-01-01T00:00:30Z');

interface Sample {
  id: string;
  timestamp: string;
  body: string;
  secrets: string[];
}

/** Made without the code that is judged. */
function sample(change: Partial<Sample> = {}): DeliveryEvidence {
  const good = { id, timestamp: String(atMs / 1_000 - 30), body: '{"a":1.0}', secrets: [secret] };
  const { id: sent, timestamp, body, secrets } = { ...good, ...change };
  const signatures = secrets.map((one) => {
    const key = Buffer.from(one.slice(6), 'base64');
    return `v1,${createHmac('sha256', key).update(`${sent}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    receiver: '1:80',
    atMs,
    headers: {
      'webhook-id': sent,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatures.join(' '),
    },
    body: Buffer.from(body).toString('base64'),
  };
}

t.test('the judge accepts what is right, and nothing else', async (t) => {
  const judge = (...deliveries: DeliveryEvidence[]) =>
    deliveries.map(createDeliveryJudge([secret, newer, 'trl_no_webhook_secret']));
  t.same(judge(sample(), sample({ timestamp: String(atMs / 1_000) })), [undefined, undefined]);
  t.same(judge(sample({ secrets: [newer, secret] })), [undefined], 'both of an overlap');
  t.same(judge(sample({ body: '{"name":"Zoë 🦜"}' })), [undefined]);

  const wrong: [string, DeliveryEvidence[], RegExp][] = [
    ['a body that was changed', [{ ...sample(), body: btoa('{"a":1}') }], /no secret/],
    ['a secret that nobody was given', [sample({ secrets: [other] })], /no secret/],
    ['one of two signatures', [sample({ secrets: [secret, other] })], /no secret/],
    ['no signature', [sample({ secrets: [] })], /no secret/],
    ['an id with a dot', [sample({ id: 'a.b' })], /no UUID/],
    ['an old timestamp', [sample({ timestamp: String(atMs / 1_000 - 90) })], /far/],
    ['milliseconds', [sample({ timestamp: String(atMs) })], /far/],
    ['a fraction', [sample({ timestamp: `${atMs / 1_000}.5` })], /whole number/],
    ['another body for the same event', [sample(), sample({ body: '{"a":1}' })], /differs/],
  ];
  for (const [name, deliveries, fault] of wrong) t.match(judge(...deliveries).at(-1), fault, name);
});

/** One fault shows in many deliveries. */
const samplesMax = 20;
const countMin = 500;

t.test('every delivery of the whole run verifies, whoever received it', async (t) => {
  const judge = createDeliveryJudge(readLines('secrets'));
  const receivers = new Set<string>();
  const ids = new Set<string>();
  const faults: string[] = [];
  let count = 0;
  let retried = 0;
  let overlapping = 0;
  for (const line of readEvidence('deliveries').flatMap((text) => text.split('\n'))) {
    if (line === '') continue;
    const delivery: DeliveryEvidence = JSON.parse(line);
    const { 'webhook-id': id = '', 'webhook-signature': signature = '' } = delivery.headers;
    count++;
    if (ids.has(id)) retried++;
    if (signature.includes(' ')) overlapping++;
    ids.add(id);
    receivers.add(delivery.receiver);
    const fault = judge(delivery);
    if (fault) faults.push(`${fault}: ${line.slice(0, 1_000)}`);
  }
  t.comment(`${count} deliveries of ${ids.size} events at ${receivers.size} receivers`);
  t.ok(count > countMin, `deliveries were collected: ${count}`);
  t.ok(receivers.size > 20, `by many receivers: ${receivers.size}`);
  t.ok(retried > 100, `more than one of the same event: ${retried}`);
  t.ok(overlapping > 100, `some of them while a rotation overlaps: ${overlapping}`);
  t.equal(faults.length, 0, 'no delivery has a fault');
  for (const fault of faults.slice(0, samplesMax)) t.fail(fault);
});
