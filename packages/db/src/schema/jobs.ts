import { sql } from 'drizzle-orm';
import { index, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { createdAt, id, instant } from '../columns.ts';

/**
 * Jobs that were committed and are not done: the truth behind the queue. A row is written in the
 * transaction of the change that wants the job, and removed when a worker has done it.
 */
export const jobs = pgTable(
  'jobs',
  {
    id: id(),
    queue: text().notNull(),
    name: text().notNull(),
    payload: jsonb().notNull(),
    runAt: instant().notNull().defaultNow(),
    /** When it was last put on the queue; null until then. */
    relayedAt: instant(),
    /** Its attempts are used up; the row is kept for inspection. */
    failedAt: instant(),
    error: text(),
    createdAt: createdAt(),
  },
  (table) => [
    index('jobs_to_relay_index').on(table.relayedAt.nullsFirst()).where(sql`failed_at is null`),
  ],
);
