import { sql } from 'drizzle-orm';
import { index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, instant, tenantId, tenantPolicies } from '../columns.ts';
import { tenants } from './tenants.ts';

/** A person asked to join a tenant. The row goes when it is accepted, withdrawn or cleaned up. */
export const invitations = pgTable(
  'invitations',
  {
    id: id(),
    tenantId: tenantId().references(() => tenants.id),
    email: text().notNull(),
    roleIds: uuid().array().notNull(),
    /** SHA-256 of the token in the mail, base64url. */
    tokenHash: text().notNull().unique(),
    invitedBy: uuid(),
    expiresAt: instant().notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    uniqueIndex('invitations_email_key').on(table.tenantId, sql`lower(${table.email})`),
    index().on(table.expiresAt),
    ...tenantPolicies(table),
  ],
);
