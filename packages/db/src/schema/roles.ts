import { pgRole } from 'drizzle-orm/pg-core';

/**
 * What a request acts as: it sees the rows of the one tenant that the transaction names.
 * The login role of the API inherits it.
 */
export const appRole = pgRole('trellis_app').existing();

/**
 * What the platform's own work acts as (log-in, delivery, clean-up): it sees every tenant.
 * The login role does not inherit it; a transaction takes it on by name (`asSystem`).
 */
export const systemRole = pgRole('trellis_system').existing();
