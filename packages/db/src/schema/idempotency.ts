import { index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { createdAt, instant, tenantId, tenantPolicies } from '../columns.ts';

/** The answers of requests that carried an `Idempotency-Key`. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    tenantId: tenantId(),
    key: text().notNull(),
    /** A MAC of method, path, caller and body. */
    requestHash: text().notNull(),
    /** While this is ahead, the first request is taken to be still running. */
    lockedUntil: instant().notNull(),
    statusCode: integer(),
    /** Sealed: an answer may hold a secret that is shown once. */
    response: text(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.key] }),
    index().on(table.createdAt),
    ...tenantPolicies(table),
  ],
);
