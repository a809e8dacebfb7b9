import type { Bench, BenchContext } from './harness/bench.ts';
import { type Child, startChild } from './harness/children.ts';
import { type BenchServices, startBenchServices } from './harness/database.ts';
import { percentileBetween, readHistogram } from './harness/histogram.ts';
import { measureRequests } from './harness/load.ts';
import { costsOf, createPartsMeter, type PartsMeter } from './harness/parts-cpu.ts';
import { percentile } from './harness/percentile.ts';
import { type BenchReceiver, startBenchReceiver } from './harness/receiver.ts';
import { medianOf, reportAlone, reportBound, reportComparison } from './harness/report.ts';
import { compare, type Sample, type Side } from './harness/rounds.ts';
import { type BenchTrellis, startTrellis } from './harness/trellis.ts';
import { subscribe, untilRecorded } from './harness/trellis-deliveries.ts';
import type { BareApi, BareApiSetup } from './programs/bare-api.ts';
import type { HttpLoad } from './programs/http-load.ts';
import type { PacedLoad, PacedLoadResult } from './programs/paced-load.ts';

const connections = 32;
const secondsPerRound = 3;
const secondsOfLatency = 8;
const firstByteP99MsMax = 500;
const body = JSON.stringify({
  type: 'order.paid',
  data: { order: 'A-1', amount: 1_999, currency: 'EUR', items: [{ sku: 'tea', count: 2 }] },
});

/**
 * Publishing an event to one subscription against a bare route with one INSERT, with no worker to
 * share the machine with; then, with the worker, how long it takes from the commit of an event to
 * the first byte at the receiver, at half the rate that the whole pipeline keeps up with.
 */
async function run({ lifecycle, rounds }: BenchContext): Promise<void> {
  const services = await startBenchServices(lifecycle);
  const trellis = await startTrellis(lifecycle, services);
  const receiver = await startBenchReceiver(lifecycle);
  await subscribe(trellis, `${receiver.url}/`);
  const loader = startChild(lifecycle, 'bench/programs/http-load.ts');
  await compareAccepting({ lifecycle, rounds }, services, trellis, loader);

  await trellis.sql`delete from webhook_deliveries`;
  const worker = await trellis.startWorker();
  const sustained = await measureSustained(trellis, receiver, loader);
  const pacer = startChild(lifecycle, 'bench/programs/paced-load.ts');
  const servers = { sql: trellis.sql, redisUrl: services.redisUrl };
  const cpu = await createPartsMeter(lifecycle, servers, {
    'the API': trellis.api.pid,
    'the worker': worker.pid,
    'the receiver': receiver.pid,
    'the load generator': pacer.pid,
  });
  const paced: Paced = { trellis, receiver, pacer, cpu, perSecond: sustained / 2 };
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round++) samples.push(await measureLatency(paced));
  reportLatency(sustained, samples);
}

function reportLatency(sustained: number, samples: readonly Sample[]): void {
  console.log(
    `From commit to first byte, at half of the ${Math.round(sustained).toLocaleString('en')} ` +
      'events/s that are published and delivered at full speed.\n' +
      'The commit lies between the publish and its answer, and the headers arrive behind the first ' +
      'byte:\n"publish to headers" is above what is asked for; "answer to headers" is below it by ' +
      'the way of the\nanswer. The worker itself measures from the commit to what it hands to the ' +
      'socket, in buckets.\n',
  );
  reportAlone('At half load', 'events/s', samples);
  const p99 = medianOf(samples.map((sample) => sample[upperBound] ?? Number.NaN));
  reportBound(upperBound, p99, firstByteP99MsMax);
  console.log('');
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

interface Paced {
  trellis: BenchTrellis;
  receiver: BenchReceiver;
  pacer: Child;
  cpu: PartsMeter;
  perSecond: number;
}

const upperBound = 'publish to headers, p99, ms';

async function measureLatency(paced: Paced): Promise<Sample> {
  const { trellis, receiver, pacer, perSecond } = paced;
  await receiver.expect();
  const before = await readFirstBytes(trellis);
  const { result, cpu } = await paced.cpu.measure(async () => {
    const answer = await pacer.ask<PacedLoadResult>({
      url: `${trellis.url}/api/v1/events`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${trellis.token}` },
      perSecond,
      seconds: secondsOfLatency,
    } satisfies PacedLoad);
    if (answer.failed > 0) throw new Error(`${answer.failed} publishes failed`);
    return { ...answer, ...(await receiver.wait(answer.published)) };
  });
  await untilRecorded(trellis);
  const after = await readFirstBytes(trellis);
  const { published, latenciesMs, answeredMs } = result;
  const arrivals = await receiver.arrivals();
  const fromAnswerMs = answeredMs.map(([id, ms]) => (arrivals.get(id) ?? Number.NaN) - ms);
  return {
    rate: published / secondsOfLatency,
    'publish to headers, p50, ms': percentile(latenciesMs, 0.5),
    [upperBound]: percentile(latenciesMs, 0.99),
    'publish to headers, longest, ms': percentile(latenciesMs, 1),
    'answer to headers, p50, ms': percentile(fromAnswerMs, 0.5),
    'answer to headers, p99, ms': percentile(fromAnswerMs, 0.99),
    'by the worker, p99, ms at most': percentileBetween(before, after, 0.99) * 1_000,
    ...costsOf(cpu, published, 'event'),
  };
}

async function readFirstBytes(trellis: BenchTrellis) {
  return readHistogram(await trellis.readWorkerMetrics(), 'trellis_webhook_first_byte_seconds');
}

export default {
  summary: 'publishing against a bare route with one INSERT, and from commit to first byte',
  run,
} satisfies Bench;
