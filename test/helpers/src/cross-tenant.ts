import type { Api } from './api.ts';
import type { Account } from './sign-up.ts';

/**
 * One route with a path parameter, called with what tenant A has. The same call is made with the
 * token of tenant B, which must get a 404, and with that of tenant A, which must not.
 */
export interface CrossTenantCase {
  parameters: Record<string, string>;
  body?: unknown;
  /** What B gets, where it is not 404: 403 for a route of the platform's administrators. */
  status?: 403 | 404;
}

/**
 * What a domain with path parameters exports as the default of `test/cross-tenant.ts`, where
 * test/isolation finds it: makes things of tenant A, with the id of A in each text that it chooses,
 * and says, by `METHOD /path` as the OpenAPI document writes it, how each of its routes is called
 * with them.
 */
export type CrossTenantCases = (
  api: Pick<Api, 'request' | 'app' | 'url'>,
  owner: Account,
) => Promise<Record<string, CrossTenantCase>>;
