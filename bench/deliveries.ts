import type { Bench, BenchContext } from './harness/bench.ts';
import { type Child, startChild } from './harness/children.ts';
import { startBenchServices } from './harness/database.ts';
import { costsOf, createPartsMeter, type PartsCpu, type PartsMeter } from './harness/parts-cpu.ts';
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
  ourCpu: PartsMeter;
  bareCpu: PartsMeter;
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
  const servers = { sql: trellis.sql, redisUrl: services.redisUrl };
  const both = { 'the receiver': receiver.pid, 'the load generator': loader.pid };
  const ourCpu = await createPartsMeter(lifecycle, servers, {
    'the worker': worker.pid,
    'the API': trellis.api.pid,
    ...both,
  });
  const bareCpu = await createPartsMeter(lifecycle, servers, {
    'the worker': bare.pid,
    'the API': publisher.pid,
    ...both,
  });
  return { trellis, ourCpu, bareCpu, webhookId, bare, barePublisherUrl, receiver, loader };
}

async function drainBare({ bare, bareCpu, receiver }: Parts): Promise<Sample> {
  await bare.ask({ kind: 'fill', body: payload, count: backlog } satisfies BareDeliveriesMessage);
  await receiver.expect();
  const { result, cpu } = await bareCpu.measure(() => drain(bare, backlog));
  const { firstMs } = await receiver.wait(backlog);
  return sampleOf(backlog, result.doneMs - firstMs, cpu);
}

async function drainTrellis({ trellis, ourCpu, webhookId, receiver }: Parts): Promise<Sample> {
  await fillBacklog(trellis, webhookId, payload, backlog);
  await receiver.expect();
  const { result: elapsedMs, cpu } = await ourCpu.measure(async () => {
    await activate(trellis, webhookId);
    const { firstMs } = await receiver.wait(backlog);
    return (await untilRecorded(trellis)) - firstMs;
  });
  return sampleOf(backlog, elapsedMs, cpu);
}

async function flowBare(parts: Parts): Promise<Sample> {
  const { bare, bareCpu, barePublisherUrl, receiver, loader } = parts;
  await receiver.expect();
  const { result, cpu } = await bareCpu.measure(() =>
    Promise.all([drain(bare, published), publish(loader, `${barePublisherUrl}/events`, {})]),
  );
  const { firstMs } = await receiver.wait(published);
  return sampleOf(published, result[0].doneMs - firstMs, cpu);
}

async function flowTrellis({ trellis, ourCpu, receiver, loader }: Parts): Promise<Sample> {
  await receiver.expect();
  const authorization = `Bearer ${trellis.token}`;
  const recorded = async () => {
    const { firstMs } = await receiver.wait(published);
    return (await untilRecorded(trellis)) - firstMs;
  };
  const { result, cpu } = await ourCpu.measure(() =>
    Promise.all([recorded(), publish(loader, `${trellis.url}/api/v1/events`, { authorization })]),
  );
  return sampleOf(published, result[0], cpu);
}

function sampleOf(count: number, elapsedMs: number, cpu: PartsCpu): Sample {
  return { rate: (count / elapsedMs) * 1_000, ...costsOf(cpu, count, 'delivery') };
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
