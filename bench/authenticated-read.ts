import { PermissionsReply } from '@trellis/domains/roles/schemas';
import { WebhookReply } from '@trellis/domains/webhooks/schemas';
import type { Bench, BenchContext } from './harness/bench.ts';
import { type Child, startChild } from './harness/children.ts';
import { startBenchServices } from './harness/database.ts';
import { measureRequests } from './harness/load.ts';
import { reportComparison } from './harness/report.ts';
import { compare, type Side } from './harness/rounds.ts';
import { type BenchTrellis, startTrellis } from './harness/trellis.ts';
import type { BareApi, BareApiSetup } from './programs/bare-api.ts';

const connections = 50;
const secondsPerRound = 3;

/**
 * Two routes: one that is answered from memory, which shows what verifying the token, checking the
 * session and the permission and the headers cost; and one that reads a row of the tenant.
 */
async function run({ lifecycle, rounds }: BenchContext): Promise<void> {
  const services = await startBenchServices(lifecycle);
  const trellis = await startTrellis(lifecycle, services);
  const { id } = await trellis.post<{ id: string }>('/webhooks', {
    url: 'http://127.0.0.1:9/',
    events: ['*'],
  });
  const bare = startChild(lifecycle, 'bench/programs/bare-api.ts');
  const { url: bareUrl } = await bare.ask<BareApi>({
    databaseUrl: services.ownerUrl,
    constants: [
      { path: '/permissions', reply: await trellis.get('/permissions'), schema: PermissionsReply },
      { path: '/webhooks/:id', reply: await trellis.get(`/webhooks/${id}`), schema: WebhookReply },
    ],
    reads: [
      { path: '/read/:id', id, reply: await trellis.get(`/webhooks/${id}`), schema: WebhookReply },
    ],
  } satisfies BareApiSetup);
  const loader = startChild(lifecycle, 'bench/programs/http-load.ts');

  const bareSide = (name: string, path: string) => side(name, loader, bare, bareUrl + path);
  const ours = (path: string) => trellisSide(loader, trellis, path);
  const pairs: [title: string, reference: Side, trellis: Side][] = [
    ['From memory', bareSide('bare Fastify, same JSON', '/permissions'), ours('/permissions')],
    [
      'A row of the tenant',
      bareSide('bare Fastify, same JSON', `/webhooks/${id}`),
      ours(`/webhooks/${id}`),
    ],
    [
      'A row of the tenant',
      bareSide('bare Fastify, one prepared SELECT', `/read/${id}`),
      ours(`/webhooks/${id}`),
    ],
  ];
  for (const [title, reference, side] of pairs) {
    const samples = await compare(rounds, reference, side);
    reportComparison(title, 'requests/s', [reference, side], samples);
  }
}

function side(
  name: string,
  loader: Child,
  server: Child,
  url: string,
  headers: Record<string, string> = {},
): Side {
  return {
    name,
    measure: () =>
      measureRequests(loader, server, {
        url,
        method: 'GET',
        headers,
        connections,
        seconds: secondsPerRound,
      }),
  };
}

function trellisSide(loader: Child, { api, url, token }: BenchTrellis, path: string): Side {
  return side(
    `Trellis GET ${path.split('/').slice(0, 2).join('/')}`,
    loader,
    api,
    `${url}/api/v1${path}`,
    {
      authorization: `Bearer ${token}`,
    },
  );
}

export default {
  summary: 'authenticated GETs against bare Fastify routes that answer the same JSON',
  run,
} satisfies Bench;
