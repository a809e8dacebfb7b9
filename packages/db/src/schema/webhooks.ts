import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, instant, tenantId, tenantPolicies, timestamps } from '../columns.ts';
import { tenants } from './tenants.ts';

export interface PreviousSecret {
  /** Sealed. */
  secret: string;
  /** ISO 8601. */
  expiresAt: string;
}

export interface CustomHeader {
  name: string;
  /** Sealed when it is sensitive. */
  value: string;
  isSensitive: boolean;
}

const attemptTriggers = ['automatic', 'manual', 'recovery', 'test'] as const;

/** Where a tenant wants its events sent: the subscription. */
export const webhooks = pgTable(
  'webhooks',
  {
    id: id(),
    tenantId: tenantId().references(() => tenants.id),
    url: text().notNull(),
    /** Exact types, `prefix.*`, or `*`. */
    events: text().array().notNull(),
    /** Sealed. */
    secret: text().notNull(),
    secretHint: text().notNull(),
    /** Those that a rotation replaced, the newest first: they sign too until they expire. */
    previousSecrets: jsonb().$type<PreviousSecret[]>().notNull().default([]),
    /** Sent beside those of Standard Webhooks. */
    headers: jsonb().$type<CustomHeader[]>().notNull().default([]),
    description: text().notNull().default(''),
    isActive: boolean().notNull().default(true),
    disabledReason: text(),
    createdBy: uuid(),
    ...timestamps(),
  },
  (table) => [index().on(table.tenantId, table.id), ...tenantPolicies(table)],
);

/**
 * How an endpoint fails at present. It has a row from its first failure until its next success, so
 * the table is short.
 */
export const webhookFailures = pgTable(
  'webhook_failures',
  {
    webhookId: uuid()
      .primaryKey()
      .references(() => webhooks.id, { onDelete: 'cascade' }),
    tenantId: tenantId(),
    /** Of the first failure since the last success. */
    failingSince: instant().notNull().defaultNow(),
    /** Attempts that failed since then. */
    failures: integer().notNull(),
    /** The circuit is open: nothing is sent until then, and then one delivery as a probe. */
    openUntil: instant(),
  },
  (table) => [index().on(table.tenantId), ...tenantPolicies(table)],
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
    /** What the next attempt is made for. */
    trigger: text({ enum: attemptTriggers }).notNull().default('automatic'),
    /** Attempts that were recorded. */
    attempts: integer().notNull().default(0),
    /** Of these, since the retries began: at first, or when somebody had them begin anew. */
    tries: integer().notNull().default(0),
    orderingKey: text(),
    /** Its place among those of its ordering key. */
    position: bigint({ mode: 'bigint' }),
    /** When it may be sent; `infinity` while another of its ordering key is before it. */
    dueAt: instant().notNull().defaultNow(),
    /** The worker that holds it has until then; behind that, another may take it. */
    leasedUntil: instant(),
    statusCode: integer(),
    error: text(),
    deliveredAt: instant(),
    createdAt: createdAt(),
  },
  (table) => [
    index('webhook_deliveries_due_index')
      .on(table.webhookId, table.dueAt)
      .where(sql`status in ('pending', 'failed')`),
    index('webhook_deliveries_ordering_index')
      .on(table.webhookId, table.orderingKey, table.position)
      .where(sql`status in ('pending', 'failed') and ordering_key is not null`),
    index().on(table.webhookId, table.id),
    index().on(table.webhookId, table.status, table.id),
    index().on(table.webhookId, table.eventType, table.status, table.id),
    index().on(table.eventId),
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
    trigger: text({ enum: attemptTriggers }).notNull(),
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

/** Deliveries of a span of time that are queued again, page by page. */
export const webhookRecoveries = pgTable(
  'webhook_recoveries',
  {
    id: id(),
    tenantId: tenantId(),
    webhookId: uuid()
      .notNull()
      .references(() => webhooks.id, { onDelete: 'cascade' }),
    /** `failed`: what was not delivered. `missing`: what was published and never queued for it. */
    kind: text({ enum: ['failed', 'missing'] }).notNull(),
    since: instant().notNull(),
    until: instant().notNull(),
    status: text({ enum: ['pending', 'running', 'completed', 'failed', 'cancelled'] })
      .notNull()
      .default('pending'),
    /** Rows that were there to queue when it began; null before. */
    total: integer(),
    queued: integer().notNull().default(0),
    /** The last id that was looked at; what a worker that takes over goes on behind. */
    cursor: uuid(),
    createdBy: uuid(),
    startedAt: instant(),
    finishedAt: instant(),
    createdAt: createdAt(),
  },
  (table) => [index().on(table.tenantId, table.webhookId, table.id), ...tenantPolicies(table)],
);
