import { PermissionsReply } from '@trellis/domains/roles/schemas';
import { WebhookReply } from '@trellis/domains/webhooks/schemas';
import type { Bench, BenchContext } from './harness/bench.ts';
import { type Child, startChild } from './harness/children.ts';
import { type BenchServices, startBenchServices } from './harness/database.ts';
import { measureRequests } from './harness/load.ts';
import { reportComparison } from './harness/report.ts';
import { compare, type Side } from './harness/rounds.ts';
import { type BenchTrellis, startTrellis } from './harness/trellis.ts';
import type { BareApi, BareApiSetup } from './programs/bare-api.ts';

const connections = 50;
const secondsPerRound = 3;

interface Parts {
  trellis: BenchTrellis;
  loader: Child;
  bare: Child;
  bareUrl: string;
  /** Of the row that is read. */
  id: string;
}

/**
 * Two routes: one that is answered from memory, which shows what verifying the credential, checking
 * the session or the key and the permission and the headers cost; and one that reads a row of the
 * tenant. Each with an access token and with an API key.
 */
async function run({ lifecycle, rounds }: BenchContext): Promise<void> {
  const services = await startBenchServices(lifecycle);
  const trellis = await startTrellis(lifecycle, services);
  const parts = await prepare(lifecycle, services, trellis);
  const { key } = await trellis.post<{ key: string }>('/api-keys', {
    name: 'Bench',
    permissions: ['*:read'],
  });
  const { id } = parts;
  const token = (path: string) => trellisSide(parts, 'access token', trellis.token, path);
  const apiKey = (path: string) => trellisSide(parts, 'API key', key, path);
  const json = 'bare Fastify, same JSON';
  const select = 'bare Fastify, one prepared SELECT';
  const pairs: [title: string, reference: Side, trellis: Side][] = [
    ['From memory', bareSide(parts, json, '/permissions'), token('/permissions')],
    ['From memory', bareSide(parts, json, '/permissions'), apiKey('/permissions')],
    ['A row of the tenant', bareSide(parts, json, `/webhooks/${id}`), token(`/webhooks/${id}`)],
    ['A row of the tenant', bareSide(parts, select, `/read/${id}`), token(`/webhooks/${id}`)],
    ['A row of the tenant', bareSide(parts, select, `/read/${id}`), apiKey(`/webhooks/${id}`)],
  ];
  for (const [title, reference, side] of pairs) {
    const samples = await compare(rounds, reference, side);
    reportComparison(title, 'requests/s', [reference, side], samples);
  }
}

async function prepare(
  lifecycle: BenchContext['lifecycle'],
  { ownerUrl }: BenchServices,
  trellis: BenchTrellis,
): Promise<Parts> {
  const { id } = await trellis.post<{ id: string }>('/webhooks', {
    url: 'http://127.0.0.1:9/',
    events: ['*'],
  });
  const webhook = await trellis.get(`/webhooks/${id}`);
  const bare = startChild(lifecycle, 'bench/programs/bare-api.ts');
  const { url: bareUrl } = await bare.ask<BareApi>({
    databaseUrl: ownerUrl,
    constants: [
      { path: '/permissions', reply: await trellis.get('/permissions'), schema: PermissionsReply },
      { path: '/webhooks/:id', reply: webhook, schema: WebhookReply },
    ],
    reads: [{ path: '/read/:id', id, reply: webhook, schema: WebhookReply }],
  } satisfies BareApiSetup);
  const loader = startChild(lifecycle, 'bench/programs/http-load.ts');
  return { trellis, loader, bare, bareUrl, id };
}

function bareSide({ loader, bare, bareUrl, trellis }: Parts, name: string, path: string): Side {
  return sideOf(name, loader, bare, trellis, { url: bareUrl + path, headers: {} });
}

function trellisSide(
  { loader, trellis }: Parts,
  credential: string,
  text: string,
  path: string,
): Side {
  return sideOf(`Trellis, ${credential}`, loader, trellis.api, trellis, {
    url: `${trellis.url}/api/v1${path}`,
    headers: { authorization: `Bearer ${text}` },
  });
}

function sideOf(
  name: string,
  loader: Child,
  server: Child,
  { sql }: Pick<BenchTrellis, 'sql'>,
  call: { url: string; headers: Record<string, string> },
): Side {
  const load = { ...call, method: 'GET' as const, connections, seconds: secondsPerRound };
  return { name, measure: () => measureRequests(loader, server, load, sql) };
}

export default {
  summary: 'authenticated GETs against bare Fastify routes that answer the same JSON',
  run,
} satisfies Bench;
