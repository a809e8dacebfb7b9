import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import postgres from 'postgres';
import { answerBench } from '../harness/answer.ts';

/** What one would write without a platform: a route, and at most one statement. */
export interface BareApiSetup {
  databaseUrl: string;
  /** Routes that answer a constant, through the serializer that Trellis' route has. */
  constants: { path: string; reply: unknown; schema: unknown }[];
  /** Routes that read the same from a row, by its id. */
  reads: { path: string; id: string; reply: unknown; schema: unknown }[];
}

export interface BareApi {
  url: string;
}

const Published = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    type: { type: 'string' },
    deliveries: { type: 'integer' },
  },
};
const Publish = {
  type: 'object',
  required: ['type', 'data'],
  properties: { type: { type: 'string' }, data: {} },
};

answerBench<BareApiSetup>(async ({ databaseUrl, constants, reads }): Promise<BareApi> => {
  const sql = postgres(databaseUrl, { max: 10, onnotice: () => undefined });
  await sql`create table if not exists bare_events (id uuid primary key, type text, payload text)`;
  const app = Fastify({ logger: false });
  for (const { path, reply, schema } of constants) {
    app.get(path, { schema: { response: { 200: schema } } }, async () => reply);
  }
  for (const { id, path, reply, schema } of reads) {
    await sql`insert into bare_events values (${id}, 'read', ${JSON.stringify(reply)})`;
    app.get<{ Params: { id: string } }>(
      path,
      { schema: { response: { 200: schema } } },
      async (request) => {
        const [row] = await sql`select payload from bare_events where id = ${request.params.id}`;
        return JSON.parse(row?.payload);
      },
    );
  }
  addPublish(app, sql);
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` };
});

function addPublish(app: FastifyInstance, sql: postgres.Sql): void {
  app.post<{ Body: { type: string; data: unknown } }>(
    '/events',
    { schema: { body: Publish, response: { 202: Published } } },
    async (request, reply) => {
      const { type, data } = request.body;
      const id = crypto.randomUUID();
      await sql`insert into bare_events values (${id}, ${type}, ${JSON.stringify(data)})`;
      return reply.code(202).send({ id, type, deliveries: 1 });
    },
  );
}
