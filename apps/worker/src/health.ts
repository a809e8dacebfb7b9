import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ProblemError } from '@trellis/core/errors';
import { newId } from '@trellis/core/ids';
import { problemBody } from '@trellis/core/problem-body';
import { createAdmitReader } from '@trellis/domains/metrics/admit-reader';
import type { WorkerPlatform } from '@trellis/domains/platform';

export interface WorkerHealth {
  /** The port it listens on. */
  listen(host: string, port: number): Promise<number>;
  /** From now on `/health/ready` says no. */
  stopping(): void;
  close(): Promise<void>;
}

type Needs = Pick<WorkerPlatform, 'db' | 'metrics' | 'log'> & {
  settings: Pick<WorkerPlatform['settings'], 'METRICS_TOKEN'>;
};

const paths = ['/health/live', '/health/ready', '/metrics'];
const reads = ['GET', 'HEAD'];

/**
 * `GET /health/live`: the process runs. `GET /health/ready`: it takes work, and its database
 * answers. `GET /metrics`: what it counts. For the orchestrator and for Prometheus; it is no part
 * of the API.
 */
export function createWorkerHealth(platform: Needs): WorkerHealth {
  const answerMetrics = createMetricsAnswer(platform);
  let stopping = false;
  const ready = async (): Promise<boolean> => {
    if (stopping) return false;
    return platform.db.ping().then(
      () => true,
      () => false,
    );
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path] = (request.url ?? '').split('?', 1);
    const { method = '' } = request;
    if (!paths.includes(path ?? '')) sendStatus(response, 404, 'not_found');
    else if (!reads.includes(method)) refuseMethod(response);
    else if (path === '/metrics') await answerMetrics(request, response);
    else if (path === '/health/live') sendStatus(response, 200, 'healthy');
    else if (await ready()) sendStatus(response, 200, 'healthy');
    else sendStatus(response, 503, 'unhealthy');
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((err: unknown) => {
      platform.log.error({ err }, 'The health port could not answer.');
      response.destroy();
    });
  });
  return {
    listen: (host, port) => listen(server, host, port),
    stopping: () => {
      stopping = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** RFC 9110, 15.5.6. */
function refuseMethod(response: ServerResponse): void {
  response.setHeader('allow', reads.join(', '));
  sendStatus(response, 405, 'method_not_allowed');
}

function sendStatus(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ status: text }));
}

/** The same rule, and the same refusals, as `GET /metrics` of the API. */
function createMetricsAnswer({ metrics, settings }: Needs) {
  const admit = createAdmitReader(settings.METRICS_TOKEN);
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      admit(request);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      sendProblem(response, error);
      return;
    }
    const text = await metrics.metrics();
    const headers = { 'content-type': metrics.contentType, 'cache-control': 'no-store' };
    response.writeHead(200, headers).end(text);
  };
}

function sendProblem(response: ServerResponse, problem: ProblemError): void {
  const body = problemBody(problem, '/metrics', newId());
  response
    .writeHead(problem.status, {
      'content-type': 'application/problem+json',
      ...(problem.status === 401 && { 'www-authenticate': 'Bearer realm="trellis"' }),
    })
    .end(JSON.stringify(body));
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
