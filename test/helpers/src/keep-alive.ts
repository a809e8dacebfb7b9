import { Agent, request } from 'node:http';
import type { Test } from 'tap';

/** What came of one call: its status, or the error of the connection. */
export interface Outcome {
  status: number | undefined;
  error: NodeJS.ErrnoException | undefined;
  /** Whether bytes of the request may have reached a server that had accepted the connection. */
  accepted: boolean;
}

export interface KeepAliveClient {
  call(method: string, path: string, options: CallOptions): Promise<Outcome>;
}

interface CallOptions {
  token: string;
  body?: unknown;
}

/**
 * Clients as they are in production: connections are kept and used again, nothing is tried twice.
 * Unlike `fetch`, it tells a refused connection from one that broke with a request on it.
 */
export function createKeepAliveClient(
  t: Pick<Test, 'teardown'>,
  url: string,
  connectionsMax: number,
): KeepAliveClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  t.teardown(() => agent.destroy());
  return {
    call: (method, path, { token, body }) =>
      new Promise((resolve) => {
        let status: number | undefined;
        const text = body === undefined ? '' : JSON.stringify(body);
        const headers = {
          authorization: `Bearer ${token}`,
          ...(text !== '' && {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(text),
          }),
        };
        const call = request(`${url}/api/v1${path}`, { method, agent, headers }, (response) => {
          status = response.statusCode;
          response.on('error', fail);
          response.on('end', () => resolve({ status, error: undefined, accepted: true }));
          response.resume();
        });
        const fail = (error: NodeJS.ErrnoException) =>
          resolve({ status, error, accepted: error.code !== 'ECONNREFUSED' });
        call.on('error', fail);
        call.end(text);
      }),
  };
}
