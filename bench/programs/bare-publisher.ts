import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { answerBench } from '../harness/answer.ts';
import { type BareStore, openBareQueue } from './bare-queue.ts';

/** A bare route that puts what it gets on the queue of the bare loop. */
answerBench<BareStore>(async (store): Promise<{ url: string }> => {
  const queue = openBareQueue(store);
  const app = Fastify({ logger: false });
  app.post<{ Body: { type: string; data: unknown } }>('/events', async (request, reply) => {
    const id = crypto.randomUUID();
    const timestamp = new Date().toISOString();
    await queue.add('deliver', { id, body: JSON.stringify({ ...request.body, timestamp }) });
    return reply.code(202).send({ id });
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` };
});
