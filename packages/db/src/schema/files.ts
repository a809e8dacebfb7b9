import { bigint, index, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, instant, tenantId, tenantPolicies } from '../columns.ts';
import { tenants } from './tenants.ts';

/** An uploaded file; its bytes are in the object store. */
export const files = pgTable(
  'files',
  {
    id: id(),
    tenantId: tenantId().references(() => tenants.id),
    name: text().notNull(),
    /** What the content is, not what the upload said. */
    contentType: text().notNull(),
    /** Bytes. */
    size: bigint({ mode: 'number' }).notNull(),
    /** SHA-256 of the content, in hex. */
    checksum: text().notNull(),
    storageKey: text().notNull(),
    uploadedBy: uuid(),
    createdAt: createdAt(),
  },
  (table) => [
    unique().on(table.tenantId, table.id),
    index().on(table.tenantId, table.name, table.id),
    ...tenantPolicies(table),
  ],
);

/** An upload under way and the bytes that are set aside for it. */
export const uploads = pgTable(
  'uploads',
  {
    id: id(),
    tenantId: tenantId().references(() => tenants.id),
    storageKey: text().notNull(),
    /** Bytes of the plan's storage that nobody else can take. */
    reserved: bigint({ mode: 'number' }).notNull().default(0),
    /** Renewed while bytes arrive; what is older was left behind by a process that died. */
    activeAt: instant().notNull().defaultNow(),
    createdAt: createdAt(),
  },
  (table) => [index().on(table.activeAt), ...tenantPolicies(table)],
);

/** How many bytes a tenant stores or has set aside: the sum over `files` and `uploads`. */
export const storageUse = pgTable(
  'storage_use',
  {
    tenantId: tenantId()
      .primaryKey()
      .references(() => tenants.id),
    bytes: bigint({ mode: 'number' }).notNull().default(0),
  },
  (table) => tenantPolicies(table),
);
