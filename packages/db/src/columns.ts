import { newId } from '@trellis/core/ids';
import { type SQL, sql } from 'drizzle-orm';
import { type PgColumn, pgPolicy, timestamp, uuid } from 'drizzle-orm/pg-core';
import { appRole, systemRole } from './schema/roles.ts';

/** A UUIDv7 primary key. */
export const id = () => uuid().primaryKey().$defaultFn(newId);

/** The column that makes a table a tenant table; such a table needs `tenantPolicies`. */
export const tenantId = () => uuid().notNull();

export const createdAt = () =>
  timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow();

export const timestamps = () => ({
  createdAt: createdAt(),
  updatedAt: timestamp({ withTimezone: true, precision: 3 })
    .notNull()
    .defaultNow()
    .$onUpdateFn(() => new Date()),
});

/** A new `updatedAt` that no reader has seen before, so that it can serve as a version. */
export const laterThan = (column: PgColumn) =>
  sql`greatest(now(), ${column} + interval '1 millisecond')`;

/** A point in time, to the millisecond, as the wire shows it. */
export const instant = () => timestamp({ withTimezone: true, precision: 3 });

/** The tenant of the transaction; null when none is set, and null equals nothing. */
export const currentTenant = sql`(select nullif(current_setting('trellis.tenant_id', true), '')::uuid)`;

/** Row-level security: the app's role sees what `visible` allows, the system's role sees all. */
export function policies(visible: SQL) {
  return [
    pgPolicy('tenant_isolation', { to: appRole, using: visible, withCheck: visible }),
    pgPolicy('system_access', { to: systemRole, using: sql`true`, withCheck: sql`true` }),
  ];
}

/** The policies of every table with a `tenantId`. */
export function tenantPolicies(table: { tenantId: PgColumn }) {
  return policies(sql`${table.tenantId} = ${currentTenant}`);
}
