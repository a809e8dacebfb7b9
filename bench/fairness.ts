import type { Bench, BenchContext } from './harness/bench.ts';
import { type BlackHole, startBlackHole } from './harness/black-hole.ts';
import { type Child, startChild } from './harness/children.ts';
import { startBenchServices } from './harness/database.ts';
import { percentile } from './harness/percentile.ts';
import { type BenchReceiver, startBenchReceiver } from './harness/receiver.ts';
import { medianOf, reportBound, reportComparison } from './harness/report.ts';
import { type Compared, compare, type Sample, type Side } from './harness/rounds.ts';
import { type BenchTenant, type BenchTrellis, startTrellis } from './harness/trellis.ts';
import { subscribe } from './harness/trellis-deliveries.ts';
import type { HttpLoad, HttpLoadResult } from './programs/http-load.ts';
import type { PacedLoad, PacedLoadResult } from './programs/paced-load.ts';

/** Of each tenant that jams: each has that many events that nobody takes. */
const jammedEvents = 10_000;
const publishers = 16;
const perSecond = 50;
/** From the moment that the jam stands; long enough that its first attempts time out meanwhile. */
const secondsPerPhase = 12;
const p99MsMax = 1_000;
const ratioMax = 2;

interface Jam {
  name: string;
  tenants: number;
  /** Of each of these tenants, each with its share of the events. */
  endpoints: number;
}

const jams: Jam[] = [
  { name: '1 tenant with 1 endpoint', tenants: 1, endpoints: 1 },
  { name: '1 tenant with 20 endpoints', tenants: 1, endpoints: 20 },
  { name: '3 tenants with 20 endpoints each', tenants: 3, endpoints: 20 },
];

interface Parts {
  trellis: BenchTrellis;
  others: BenchTenant[];
  receiver: BenchReceiver;
  blackHole: BlackHole;
  pacer: Child;
  loader: Child;
}

/**
 * How long the first attempts of one tenant take while others have thousands of events for
 * endpoints that take connections and never answer, beside how long they take without these.
 */
async function run({ lifecycle, rounds }: BenchContext): Promise<void> {
  const services = await startBenchServices(lifecycle);
  const trellis = await startTrellis(lifecycle, services);
  const receiver = await startBenchReceiver(lifecycle);
  const parts: Parts = {
    trellis,
    others: await Promise.all(Array.from({ length: 3 }, () => trellis.addTenant())),
    receiver,
    blackHole: await startBlackHole(lifecycle),
    pacer: startChild(lifecycle, 'bench/programs/paced-load.ts'),
    loader: startChild(lifecycle, 'bench/programs/http-load.ts'),
  };
  await subscribe(trellis, `${receiver.url}/`);
  await trellis.startWorker();
  console.log(
    `Tenant B publishes ${perSecond} events/s for ${secondsPerPhase} s a round; the others have ` +
      `published ${jammedEvents.toLocaleString('en')} each before.\n` +
      'From the answer of a publish to the headers of its first attempt at the receiver:\n',
  );
  await measureQuiet(parts);
  for (const jam of jams) {
    const quiet: Side = { name: 'B alone', measure: () => measureQuiet(parts) };
    const jammed: Side = { name: 'B beside them', measure: () => measureJammed(parts, jam) };
    const samples = await compare(rounds, quiet, jammed, true);
    reportComparison(`Beside ${jam.name}`, 'p99, ms', [quiet, jammed], samples);
    reportBounds(samples);
  }
}

function reportBounds({ reference, trellis }: Compared): void {
  const p99 = medianOf(trellis.map((sample) => sample.rate));
  const alone = medianOf(reference.map((sample) => sample.rate));
  reportBound('p99 beside the others, ms', p99, p99MsMax);
  reportBound('the same by p99 alone', p99 / alone, ratioMax);
  console.log('');
}

async function measureQuiet({ trellis, receiver, pacer }: Parts): Promise<Sample> {
  await receiver.expect();
  const { published, failed, answeredMs } = await pacer.ask<PacedLoadResult>({
    url: `${trellis.url}/api/v1/events`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${trellis.token}` },
    perSecond,
    seconds: secondsPerPhase,
  } satisfies PacedLoad);
  if (failed > 0) throw new Error(`${failed} publishes failed`);
  await receiver.wait(published);
  const arrivals = await receiver.arrivals();
  // An attempt may be faster than the answer of its publish.
  const tookMs = answeredMs.map(([id, ms]) => Math.max(0, (arrivals.get(id) ?? Infinity) - ms));
  return {
    rate: percentile(tookMs, 0.99),
    'p50, ms': percentile(tookMs, 0.5),
    'longest, ms': percentile(tookMs, 1),
  };
}

/** Fills the others' endpoints, measures, and takes it all away again. */
async function measureJammed(parts: Parts, { tenants, endpoints }: Jam): Promise<Sample> {
  const { others, blackHole } = parts;
  const jamming = others.slice(0, tenants);
  const subscriptions: { tenant: BenchTenant; id: string }[] = [];
  for (const tenant of jamming) {
    for (const [nth, url] of (await blackHole.open(endpoints)).entries()) {
      subscriptions.push({ tenant, id: await subscribe(tenant, url, jamType(nth)) });
    }
    await publishJam(parts, tenant, endpoints);
  }
  const heldAtFirst = await blackHole.untilHeld();
  const sample = await measureQuiet(parts);
  const heldAtLast = await blackHole.count();
  for (const { tenant, id } of subscriptions) await tenant.delete(`/webhooks/${id}`);
  await blackHole.cut();
  return {
    ...sample,
    'connections that hang at first': heldAtFirst,
    'connections that hang at last': heldAtLast,
  };
}

const jamType = (nth: number) => `jam.number${nth}`;

async function publishJam(
  { trellis, loader }: Parts,
  { token }: BenchTenant,
  endpoints: number,
): Promise<void> {
  const { requests, failed } = await loader.ask<HttpLoadResult>({
    url: `${trellis.url}/api/v1/events`,
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    bodies: Array.from({ length: endpoints }, (_, nth) =>
      JSON.stringify({ type: jamType(nth), data: { order: 'A-1', amount: 1_999 } }),
    ),
    connections: publishers,
    requests: jammedEvents,
  } satisfies HttpLoad);
  if (failed > 0) throw new Error(`${failed} of ${requests} publishes failed`);
}

export default {
  summary: 'the latency of one tenant while others have 10,000 events for endpoints that hang',
  rounds: 2,
  run,
} satisfies Bench;
