import { commonErrors } from '@trellis/core/common-errors';
import { problemBody } from '@trellis/core/problem-body';
import { challenge } from '@trellis/http/reply-schemas';
import { Problem } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import type { FastifyReply, FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { toProblem } from '../problem.ts';

/** Every 4xx and 5xx leaves as `application/problem+json` with a documented code. */
async function errorsPlugin(app: App): Promise<void> {
  app.addSchema(Problem);
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(commonErrors.not_found(`There is no ${request.method} here.`), request, reply),
  );
}

export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = toProblem(error);
  if (problem.status >= 500) request.log.error({ err: error }, problem.title);
  if (problem.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(problem.retryAfterSeconds));
  }
  if (problem.status === 401) reply.header('www-authenticate', challenge);
  const path = request.url.split('?', 1)[0] ?? '';
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problemBody(problem, path, request.id));
}

export default plugin(errorsPlugin, { name: 'errors' });
