import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { createdAt, id, tenantId, tenantPolicies, timestamps } from '../columns.ts';

/** One row per published event; written in the transaction of the change that it tells of. */
export const events = pgTable(
  'events',
  {
    id: id(),
    tenantId: tenantId(),
    type: text().notNull(),
    /** The exact bytes that are signed and sent; jsonb would reorder keys and lose big numbers. */
    payload: text().notNull(),
    idempotencyKey: text(),
    /** Events of one key reach each endpoint one after another, in the order of their commits. */
    orderingKey: text(),
    /** SHA-256 of type, ordering key and data, so that a reused key with another body is found. */
    requestHash: text(),
    /** How many deliveries the publish made. */
    deliveries: integer().notNull().default(0),
    createdAt: createdAt(),
  },
  (table) => [
    uniqueIndex('events_idempotency_key')
      .on(table.tenantId, table.idempotencyKey)
      .where(sql`idempotency_key is not null`),
    index().on(table.tenantId, table.id),
    ...tenantPolicies(table),
  ],
);

/** Kinds of events that a tenant declared, beside those of the platform. */
export const eventTypes = pgTable(
  'event_types',
  {
    id: id(),
    tenantId: tenantId(),
    name: text().notNull(),
    description: text().notNull().default(''),
    /** JSON Schema of `data`; null when it may be anything. */
    schema: jsonb().$type<Record<string, unknown>>(),
    ...timestamps(),
  },
  (table) => [
    uniqueIndex('event_types_name_key').on(table.tenantId, table.name),
    ...tenantPolicies(table),
  ],
);
