import type { Bench, BenchContext } from './harness/bench.ts';
import { type Child, startChild } from './harness/children.ts';
import { cpuMicroseconds } from './harness/cpu.ts';
import { startBenchServices } from './harness/database.ts';
import { type BenchReceiver, startBenchReceiver } from './harness/receiver.ts';
import { reportComparison } from './harness/report.ts';
import { compare, type Sample, type Side } from './harness/rounds.ts';
import { type BenchTrellis, startTrellis } from './harness/trellis.ts';
import { activate, fillBacklog, subscribe, untilRecorded } from './harness/trellis-deliveries.ts';
import type { BareDeliveriesMessage, BareDrained } from './programs/bare-deliveries.ts';
import type { HttpLoad, HttpLoadResult } from './programs/http-load.ts';

const backlog = 20_000;
/** The default of WEBHOOK_CONCURRENCY_PER_ENDPOINT. */
const concurrency = 50;
const publishers = 32;
const published = 8_000;
const data = { order: 'A-1', amount: 1_999, currency: 'EUR', items: [{ sku: 'tea', count: 2 }] };
const payload = JSON.stringify({ type: 'order.paid', timestamp: new Date().toISOString(), data });

interface Parts {
  trellis: BenchTrellis;
  worker: Child;
  webhookId: string;
  bare: Child;
  barePublisherUrl: string;
  receiver: BenchReceiver;
  loader: Child;
}

/**
 * The whole pipeline against BullMQ jobs that POST with undici and store nothing: the same
 * receiver, the same bodies, as many requests in flight. First a backlog is worked off; then
 * events are published over HTTP as fast as they are accepted and delivered all the while.
 */
async function run({ lifecycle, rounds }: BenchContext): Promise<void> {
  const parts = await start(lifecycle);
  const reference: Side = { name: 'bare BullMQ and undici', measure: () => drainBare(parts) };
  const ours: Side = { name: 'Trellis', measure: () => drainTrellis(parts) };
  const drained = await compare(rounds, reference, ours);
  reportComparison(`A backlog of ${backlog}`, 'deliveries/s', [reference, ours], drained);

  const bareFlow: Side = {
    name: 'bare Fastify, BullMQ and undici',
    measure: () => flowBare(parts),
  };
  const ourFlow: Side = { name: 'Trellis', measure: () => flowTrellis(parts) };
  const flowed = await compare(rounds, bareFlow, ourFlow);
  reportComparison('Published all the while', 'deliveries/s', [bareFlow, ourFlow], flowed);
}

async function start(lifecycle: BenchContext['lifecycle']): Promise<Parts> {
  const services = await startBenchServices(lifecycle);
  console.log(`BullMQ on ${services.redisUrl ? 'Redis' : 'Postgres'}\n`);
  const trellis = await startTrellis(lifecycle, services);
  const receiver = await startBenchReceiver(lifecycle);
  const webhookId = await subscribe(trellis, `${receiver.url}/`);
  const worker = await trellis.startWorker();
  const store = { redisUrl: services.redisUrl, databaseUrl: services.ownerUrl };
  const bare = startChild(lifecycle, 'bench/programs/bare-deliveries.ts');
  await bare.ask({
    kind: 'open',
    store,
    url: receiver.url,
    concurrency,
  } satisfies BareDeliveriesMessage);
  const publisher = startChild(lifecycle, 'bench/programs/bare-publisher.ts');
  const { url: barePublisherUrl } = await publisher.ask<{ url: string }>(store);
  const loader = startChild(lifecycle, 'bench/programs/http-load.ts');
  return { trellis, worker, webhookId, bare, barePublisherUrl, receiver, loader };
}

async function drainBare({ bare, receiver }: Parts): Promise<Sample> {
  await bare.ask({ kind: 'fill', body: payload, count: backlog } satisfies BareDeliveriesMessage);
  await receiver.expect();
  const cpuBefore = cpuMicroseconds(bare.pid);
  const { doneMs } = await drain(bare, backlog);
  const { firstMs } = await receiver.wait(backlog);
  return sampleOf(backlog, doneMs - firstMs, cpuMicroseconds(bare.pid) - cpuBefore);
}

async function drainTrellis({ trellis, worker, webhookId, receiver }: Parts): Promise<Sample> {
  await fillBacklog(trellis, webhookId, payload, backlog);
  await receiver.expect();
  const cpuBefore = cpuMicroseconds(worker.pid);
  await activate(trellis, webhookId);
  const { firstMs } = await receiver.wait(backlog);
  const doneMs = await untilRecorded(trellis);
  return sampleOf(backlog, doneMs - firstMs, cpuMicroseconds(worker.pid) - cpuBefore);
}

async function flowBare({ bare, barePublisherUrl, receiver, loader }: Parts): Promise<Sample> {
  await receiver.expect();
  const cpuBefore = cpuMicroseconds(bare.pid);
  const [{ doneMs }] = await Promise.all([
    drain(bare, published),
    publish(loader, `${barePublisherUrl}/events`, {}),
  ]);
  const { firstMs } = await receiver.wait(published);
  return sampleOf(published, doneMs - firstMs, cpuMicroseconds(bare.pid) - cpuBefore);
}

async function flowTrellis({ trellis, worker, receiver, loader }: Parts): Promise<Sample> {
  await receiver.expect();
  const cpuBefore = cpuMicroseconds(worker.pid);
  const authorization = `Bearer ${trellis.token}`;
  const recorded = async () => {
    const { firstMs } = await receiver.wait(published);
    return (await untilRecorded(trellis)) - firstMs;
  };
  const [elapsedMs] = await Promise.all([
    recorded(),
    publish(loader, `${trellis.url}/api/v1/events`, { authorization }),
  ]);
  return sampleOf(published, elapsedMs, cpuMicroseconds(worker.pid) - cpuBefore);
}

function sampleOf(count: number, elapsedMs: number, cpuMicros: number): Sample {
  return {
    rate: (count / elapsedMs) * 1_000,
    'CPU of the worker, µs per delivery': cpuMicros / count,
  };
}

async function publish(loader: Child, url: string, headers: Record<string, string>): Promise<void> {
  const load: HttpLoad = {
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ type: 'order.paid', data }),
    connections: publishers,
    requests: published,
  };
  const { failed } = await loader.ask<HttpLoadResult>(load);
  if (failed > 0) throw new Error(`${failed} publishes to ${url} failed`);
}

function drain(bare: Child, count: number): Promise<BareDrained> {
  return bare.ask({ kind: 'drain', count } satisfies BareDeliveriesMessage);
}

export default {
  summary: 'deliveries of the whole pipeline against bare BullMQ and undici that store nothing',
  run,
} satisfies Bench;
