import { sql } from 'drizzle-orm';
import { boolean, index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { currentTenant, id, instant, policies, timestamps } from '../columns.ts';
import { type PlanGrace, type PlanOverrides, plans } from './plans.ts';

/** A customer organisation. */
export const tenants = pgTable(
  'tenants',
  {
    id: id(),
    name: text().notNull(),
    slug: text().notNull().unique(),
    status: text({ enum: ['active', 'suspended'] })
      .notNull()
      .default('active'),
    /** The tenant whose members run this installation. */
    isPlatform: boolean().notNull().default(false),
    planType: text()
      .notNull()
      .references(() => plans.planType),
    planOverrides: jsonb().$type<PlanOverrides>().notNull().default({}),
    /** Quotas that stay as they were until then, after a change to a plan below what is used. */
    planGrace: jsonb().$type<PlanGrace>().notNull().default({}),
    planGraceUntil: instant(),
    createdBy: uuid(),
    ...timestamps(),
  },
  (table) => [index().on(table.planType), ...policies(sql`${table.id} = ${currentTenant}`)],
);
