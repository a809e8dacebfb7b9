import { index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, instant, tenantId, tenantPolicies } from '../columns.ts';
import { tenants } from './tenants.ts';
import { users } from './users.ts';

/**
 * One log-in. Refresh tokens are computed from `seed` and `generation`, not stored, so the token
 * that is current can be handed out again to a tab that raced another.
 */
export const sessions = pgTable(
  'sessions',
  {
    id: id(),
    tenantId: tenantId().references(() => tenants.id),
    userId: uuid()
      .notNull()
      .references(() => users.id),
    seed: text().notNull(),
    generation: integer().notNull().default(0),
    rotatedAt: instant().notNull().defaultNow(),
    expiresAt: instant().notNull(),
    revokedAt: instant(),
    ip: text(),
    userAgent: text(),
    createdAt: createdAt(),
  },
  (table) => [
    index().on(table.userId),
    index().on(table.revokedAt),
    index().on(table.expiresAt),
    ...tenantPolicies(table),
  ],
);
