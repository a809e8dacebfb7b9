import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  date,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { tenantId, tenantPolicies, timestamps } from '../columns.ts';

/** What a tenant may use. Plans are data; a tenant can have overrides. */
export const plans = pgTable(
  'plans',
  {
    planType: text().primaryKey(),
    name: text().notNull(),
    /** Requests per minute. */
    rateLimit: integer().notNull(),
    maxUsers: integer().notNull(),
    /** Bytes. */
    maxStorage: bigint({ mode: 'number' }).notNull(),
    maxWebhooks: integer().notNull(),
    /** Events per calendar month. */
    maxEvents: integer().notNull(),
    retentionDays: integer().notNull(),
    /** Whether retries go on for a day after the first ones are used up. */
    retryTail: boolean().notNull().default(false),
    /** An endpoint that did nothing but fail for this long is disabled. */
    webhookFailureDays: integer().notNull().default(5),
    featuresEnabled: text().array().notNull().default([]),
    isDefault: boolean().notNull().default(false),
    /** Whether tenants see it that are not on it. */
    isPublic: boolean().notNull().default(true),
    ...timestamps(),
  },
  (table) => [uniqueIndex().on(table.isDefault).where(sql`${table.isDefault}`)],
);

export type Plan = typeof plans.$inferSelect;

/** The limits of a plan that one tenant can have otherwise. */
export type PlanOverrides = Partial<
  Pick<
    Plan,
    'rateLimit' | 'maxUsers' | 'maxStorage' | 'maxWebhooks' | 'maxEvents' | 'featuresEnabled'
  >
>;

/** The quotas of a plan: limits of what a tenant has, not of how fast it asks. */
export type Quotas = Pick<Plan, 'maxUsers' | 'maxStorage' | 'maxWebhooks' | 'maxEvents'>;

/** What a change of plan leaves for a while. Events begin anew each month, and so ends theirs. */
export type PlanGrace = Partial<Quotas> & {
  /** The month of `maxEvents`, as in 2026-01, UTC. */
  eventsMonth?: string;
};

/** How much of a limit that holds for a span of time a tenant has used in it. */
export const quotaUse = pgTable(
  'quota_use',
  {
    tenantId: tenantId(),
    quota: text({ enum: ['maxEvents'] }).notNull(),
    /** The first day of the calendar month, UTC. */
    period: date().notNull(),
    used: bigint({ mode: 'number' }).notNull(),
    /** How many of those that were asked for last were within the limit. */
    granted: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.quota, table.period] }),
    ...tenantPolicies(table),
  ],
);
