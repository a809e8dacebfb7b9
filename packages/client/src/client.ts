import createFetchClient, { type Client } from 'openapi-fetch';
import type { paths } from './api-types.ts';

export interface ClientOptions {
  /** Where the API is, for example `https://api.example.com`. */
  baseUrl: string;
  /** The access token or the API key of each request; asked for anew, so that it may change. */
  credential?: () => string | undefined;
  /** Another `fetch`, with a timeout for example. */
  fetch?: (request: Request) => Promise<Response>;
}

export type TrellisClient = Client<paths>;

/**
 * A client with the types of every route: paths, parameters, bodies and answers. A call resolves to
 * `{ data, response }`, or to `{ error, response }` with the problem (RFC 9457) that was answered.
 */
export function createTrellisClient(options: ClientOptions): TrellisClient {
  const { baseUrl, credential, fetch } = options;
  const client = createFetchClient<paths>({ baseUrl, ...(fetch && { fetch }) });
  client.use({
    onRequest({ request }) {
      const value = credential?.();
      if (value !== undefined) request.headers.set('authorization', `Bearer ${value}`);
      return request;
    },
  });
  return client;
}
