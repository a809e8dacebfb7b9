import { index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, tenantId, tenantPolicies } from '../columns.ts';

/** Who did what, from where. The app's role may add and read, never change or remove. */
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
    createdAt: createdAt(),
  },
  (table) => [
    index().on(table.tenantId, table.id),
    index().on(table.tenantId, table.actorId, table.id),
    index().on(table.tenantId, table.resourceType, table.resourceId, table.id),
    ...tenantPolicies(table),
  ],
);
