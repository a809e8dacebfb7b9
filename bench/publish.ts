import type { Bench, BenchContext } from './harness/bench.ts';
import { type Child, startChild } from './harness/children.ts';
import { type BenchServices, startBenchServices } from './harness/database.ts';
import { measureRequests } from './harness/load.ts';
import { type BenchReceiver, startBenchReceiver } from './harness/receiver.ts';
import { reportAlone, reportComparison } from './harness/report.ts';
import { compare, type Sample, type Side } from './harness/rounds.ts';
import { type BenchTrellis, startTrellis } from './harness/trellis.ts';
import { subscribe, untilRecorded } from './harness/trellis-deliveries.ts';
import type { BareApi, BareApiSetup } from './programs/bare-api.ts';
import type { HttpLoad } from './programs/http-load.ts';
import type { PacedLoad, PacedLoadResult } from './programs/paced-load.ts';

const connections = 32;
const secondsPerRound = 3;
const body = JSON.stringify({
  type: 'order.paid',
  data: { order: 'A-1', amount: 1_999, currency: 'EUR', items: [{ sku: 'tea', count: 2 }] },
});

/**
 * Publishing an event to one subscription against a bare route with one INSERT, with no worker to
 * share the machine with; then, with the worker, how long it takes from the publish to the
 * receiver at half the rate that the whole pipeline keeps up with.
 */
async function run({ lifecycle, rounds }: BenchContext): Promise<void> {
  const services = await startBenchServices(lifecycle);
  const trellis = await startTrellis(lifecycle, services);
  const receiver = await startBenchReceiver(lifecycle);
  await subscribe(trellis, `${receiver.url}/`);
  const loader = startChild(lifecycle, 'bench/programs/http-load.ts');
  await compareAccepting({ lifecycle, rounds }, services, trellis, loader);

  await trellis.sql`delete from webhook_deliveries`;
  await trellis.startWorker();
  const sustained = await measureSustained(trellis, receiver, loader);
  const pacer = startChild(lifecycle, 'bench/programs/paced-load.ts');
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round++) {
    samples.push(await measureLatency(trellis, receiver, pacer, sustained / 2));
  }
  reportAlone(
    `Publish to arrival at half of ${Math.round(sustained).toLocaleString('en')} events/s`,
    samples,
  );
}

async function compareAccepting(
  { lifecycle, rounds }: BenchContext,
  services: BenchServices,
  trellis: BenchTrellis,
  loader: Child,
): Promise<void> {
  const bare = startChild(lifecycle, 'bench/programs/bare-api.ts');
  const { url } = await bare.ask<BareApi>({
    databaseUrl: services.ownerUrl,
    constants: [],
    reads: [],
  } satisfies BareApiSetup);
  const reference: Side = {
    name: 'bare Fastify, one INSERT',
    measure: () => measureRequests(loader, bare, loadOf(`${url}/events`)),
  };
  const ours: Side = {
    name: 'Trellis POST /events',
    measure: () => measureRequests(loader, trellis.api, loadOfTrellis(trellis)),
  };
  const samples = await compare(rounds, reference, ours);
  reportComparison('Publish', 'requests/s', [reference, ours], samples);
}

function loadOf(url: string, headers: Record<string, string> = {}): HttpLoad {
  return {
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    connections,
    seconds: secondsPerRound,
  };
}

function loadOfTrellis({ url, token }: BenchTrellis): HttpLoad {
  return loadOf(`${url}/api/v1/events`, { authorization: `Bearer ${token}` });
}

/** Events per second from the first publish to the last record, as fast as they are accepted. */
async function measureSustained(
  trellis: BenchTrellis,
  receiver: BenchReceiver,
  loader: Child,
): Promise<number> {
  // The first time warms both programs up.
  for (const isCounted of [false, true]) {
    await receiver.expect();
    await measureRequests(loader, trellis.api, loadOfTrellis(trellis));
    const doneMs = await untilRecorded(trellis);
    const { distinct, firstMs } = await receiver.report();
    if (isCounted) return (distinct / (doneMs - firstMs)) * 1_000;
  }
  throw new Error('nothing was measured');
}

async function measureLatency(
  trellis: BenchTrellis,
  receiver: BenchReceiver,
  pacer: Child,
  perSecond: number,
): Promise<Sample> {
  await receiver.expect();
  const { published, failed } = await pacer.ask<PacedLoadResult>({
    url: `${trellis.url}/api/v1/events`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${trellis.token}` },
    perSecond,
    seconds: secondsPerRound,
  } satisfies PacedLoad);
  if (failed > 0) throw new Error(`${failed} publishes failed`);
  const { latenciesMs } = await receiver.wait(published);
  await untilRecorded(trellis);
  const at = (share: number) =>
    latenciesMs[Math.ceil(latenciesMs.length * share) - 1] ?? Number.NaN;
  return {
    rate: published / secondsPerRound,
    'p50, ms': at(0.5),
    'p99, ms': at(0.99),
    'longest, ms': at(1),
  };
}

export default {
  summary: 'publishing against a bare route with one INSERT, and from publish to arrival',
  run,
} satisfies Bench;
