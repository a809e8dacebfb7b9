import { sql } from 'drizzle-orm';
import {
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, id, instant, tenantId, tenantPolicies, timestamps } from '../columns.ts';
import { tenants } from './tenants.ts';

/** Where a tenant wants its events sent: the subscription. */
export const webhooks = pgTable(
  'webhooks',
  {
    id: id(),
    tenantId: tenantId().references(() => tenants.id),
    url: text().notNull(),
    /** Exact types, `prefix.*`, or `*`. */
    events: text().array().notNull(),
    /** Sealed; the newest first. Several sign while a rotation overlaps. */
    secrets: text().array().notNull(),
    secretHint: text().notNull(),
    description: text().notNull().default(''),
    isActive: boolean().notNull().default(true),
    disabledReason: text(),
    createdBy: uuid(),
    ...timestamps(),
  },
  (table) => [index().on(table.tenantId, table.id), ...tenantPolicies(table)],
);

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
    /** SHA-256 of type and data, so that a reused key with another body is found. */
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

/**
 * One row per event and subscription. It has no foreign keys: rows come and go by the thousand
 * each second, and the clean-up job owns their end.
 */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    id: id(),
    tenantId: tenantId(),
    webhookId: uuid().notNull(),
    eventId: uuid().notNull(),
    eventType: text().notNull(),
    status: text({ enum: ['pending', 'delivered', 'failed', 'exhausted', 'cancelled'] })
      .notNull()
      .default('pending'),
    /** Attempts that were recorded. */
    attempts: integer().notNull().default(0),
    /** When a worker may take it; claiming moves it ahead by the lease, so a crash frees it. */
    dueAt: instant().notNull().defaultNow(),
    statusCode: integer(),
    error: text(),
    deliveredAt: instant(),
    createdAt: createdAt(),
  },
  (table) => [
    index('webhook_deliveries_due_index')
      .on(table.webhookId, table.dueAt)
      .where(sql`status in ('pending', 'failed')`),
    index().on(table.tenantId, table.webhookId, table.id),
    ...tenantPolicies(table),
  ],
);

/** One row per try. */
export const webhookAttempts = pgTable(
  'webhook_attempts',
  {
    id: id(),
    tenantId: tenantId(),
    deliveryId: uuid().notNull(),
    attempt: integer().notNull(),
    trigger: text({ enum: ['automatic', 'manual', 'recovery', 'test'] }).notNull(),
    statusCode: integer(),
    errorClass: text(),
    error: text(),
    durationMs: integer().notNull(),
    responseBody: text(),
    responseTruncated: boolean().notNull().default(false),
    responseHeaders: jsonb().$type<Record<string, string>>(),
    createdAt: createdAt(),
  },
  (table) => [index().on(table.deliveryId, table.id), ...tenantPolicies(table)],
);
