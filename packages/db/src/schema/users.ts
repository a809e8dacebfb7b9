import { sql } from 'drizzle-orm';
import {
  boolean,
  foreignKey,
  index,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import {
  createdAt,
  id,
  instant,
  policies,
  tenantId,
  tenantPolicies,
  timestamps,
} from '../columns.ts';
import { tenants } from './tenants.ts';

/** A person, with one e-mail and one password, in any number of tenants. */
export const users = pgTable(
  'users',
  {
    id: id(),
    email: text().notNull(),
    name: text().notNull(),
    /** Argon2id in PHC format; null until an invited person sets one. */
    passwordHash: text(),
    isPlatformAdmin: boolean().notNull().default(false),
    disabledAt: instant(),
    /** When the person showed that the address is theirs, by a link that was mailed to it. */
    emailVerifiedAt: instant(),
    ...timestamps(),
  },
  (table) => [
    uniqueIndex('users_email_key').on(sql`lower(${table.email})`),
    // Memberships are scoped themselves, so this shows the people of the current tenant.
    ...policies(sql`exists (select from memberships where memberships.user_id = ${table.id})`),
  ],
);

export const memberships = pgTable(
  'memberships',
  {
    id: id(),
    tenantId: tenantId().references(() => tenants.id),
    userId: uuid()
      .notNull()
      .references(() => users.id),
    /** What this tenant calls the person; null for the person's own name. */
    name: text(),
    /** Since when this tenant lets the person in no longer. */
    disabledAt: instant(),
    createdAt: createdAt(),
  },
  (table) => [
    unique().on(table.tenantId, table.userId),
    unique().on(table.tenantId, table.id),
    index().on(table.userId),
    ...tenantPolicies(table),
  ],
);

/** A named set of permissions in one tenant. `*` stands for all that a tenant can have. */
export const roles = pgTable(
  'roles',
  {
    id: id(),
    tenantId: tenantId().references(() => tenants.id),
    name: text().notNull(),
    description: text().notNull().default(''),
    permissions: text().array().notNull(),
    isSystem: boolean().notNull().default(false),
    ...timestamps(),
  },
  (table) => [
    unique().on(table.tenantId, table.name),
    unique().on(table.tenantId, table.id),
    ...tenantPolicies(table),
  ],
);

export const membershipRoles = pgTable(
  'membership_roles',
  {
    tenantId: tenantId(),
    membershipId: uuid().notNull(),
    roleId: uuid().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.membershipId, table.roleId] }),
    index().on(table.roleId),
    // Both keys carry the tenant, so a role of another tenant cannot be given.
    foreignKey({
      name: 'membership_roles_membership_fk',
      columns: [table.tenantId, table.membershipId],
      foreignColumns: [memberships.tenantId, memberships.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'membership_roles_role_fk',
      columns: [table.tenantId, table.roleId],
      foreignColumns: [roles.tenantId, roles.id],
    }),
    ...tenantPolicies(table),
  ],
);
