import { bigint, boolean, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { timestamps } from '../columns.ts';

/** What a tenant may use. Plans are data; a tenant can have overrides. */
export const plans = pgTable('plans', {
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
  featuresEnabled: text().array().notNull().default([]),
  isDefault: boolean().notNull().default(false),
  ...timestamps(),
});

export type Plan = typeof plans.$inferSelect;

/** The limits of a plan that one tenant can have otherwise. */
export type PlanOverrides = Partial<
  Pick<
    Plan,
    'rateLimit' | 'maxUsers' | 'maxStorage' | 'maxWebhooks' | 'maxEvents' | 'featuresEnabled'
  >
>;
