import { createServer, type Server } from 'node:http';
import type { Platform } from '@trellis/domains/platform';

export interface WorkerHealth {
  /** The port it listens on. */
  listen(host: string, port: number): Promise<number>;
  /** From now on `/health/ready` says no. */
  stopping(): void;
  close(): Promise<void>;
}

/**
 * `GET /health/live`: the process runs. `GET /health/ready`: it takes work, and its database
 * answers. For the orchestrator; it is no part of the API.
 */
export function createWorkerHealth(platform: Pick<Platform, 'db'>): WorkerHealth {
  let stopping = false;
  const ready = async (): Promise<boolean> => {
    if (stopping) return false;
    return platform.db.ping().then(
      () => true,
      () => false,
    );
  };
  const server = createServer((request, response) => {
    const answer = (status: number, text: string) =>
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ status: text }));
    if (request.url === '/health/live') return answer(200, 'healthy');
    if (request.url !== '/health/ready') return answer(404, 'not_found');
    return ready().then((yes) => (yes ? answer(200, 'healthy') : answer(503, 'unhealthy')));
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

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
