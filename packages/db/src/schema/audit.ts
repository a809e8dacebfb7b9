import { bigint, index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, tenantId, tenantPolicies } from '../columns.ts';

/**
 * Who did what, from where. The app's role may add and read, never change or remove. Partitioned
 * by month of `id` (a UUIDv7), which the migration writes and drizzle does not know of.
 */
export const auditLogs = pgTable(
  'audit_logs',
  {
    id: id(),
    tenantId: tenantId(),
    actorType: text({ enum: ['user', 'api_key', 'system'] }).notNull(),
    actorId: uuid(),
    /** `<resource>.<past participle>`, for example `webhook.created`. */
    action: text().notNull(),
    resourceType: text().notNull(),
    resourceId: text(),
    before: jsonb().$type<Record<string, unknown>>(),
    after: jsonb().$type<Record<string, unknown>>(),
    ip: text(),
    userAgent: text(),
    requestId: text().notNull(),
    /** 1, 2, 3 … in each tenant; the migration refuses null, which drizzle does not know of. */
    seq: bigint({ mode: 'number' }),
    /** A MAC over this entry and the hash of the one before. */
    hash: text(),
    createdAt: createdAt(),
  },
  (table) => [
    index().on(table.tenantId, table.id),
    index().on(table.tenantId, table.actorId, table.id),
    index().on(table.tenantId, table.action, table.id),
    index().on(table.tenantId, table.resourceType, table.resourceId, table.id),
    index().on(table.tenantId, table.seq),
    ...tenantPolicies(table),
  ],
);

/** Where the chain of each tenant ends, and where it begins since old months were dropped. */
export const auditHeads = pgTable(
  'audit_heads',
  {
    tenantId: tenantId().primaryKey(),
    seq: bigint({ mode: 'number' }).notNull(),
    hash: text().notNull(),
    /** The last entry that retention removed; 0 and the empty hash while it removed none. */
    prunedSeq: bigint({ mode: 'number' }).notNull().default(0),
    prunedHash: text().notNull().default(''),
    /** A MAC over the two above, so that only retention moves them. */
    prunedMac: text().notNull().default(''),
  },
  (table) => tenantPolicies(table),
);
