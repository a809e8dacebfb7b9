import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, instant, policies, tenantId, tenantPolicies } from '../columns.ts';
import { tenants } from './tenants.ts';
import { users } from './users.ts';

/** What the platform alone sees: row-level security shows a tenant's request nothing of it. */
const systemOnly = () => policies(sql`false`);

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

/** A link that was mailed to a person. The token itself is only in the mail. */
export const oneTimeTokens = pgTable(
  'one_time_tokens',
  {
    id: id(),
    kind: text({ enum: ['verify_email', 'reset_password'] }).notNull(),
    userId: uuid()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** SHA-256 of the token, base64url. */
    tokenHash: text().notNull().unique(),
    expiresAt: instant().notNull(),
    createdAt: createdAt(),
  },
  (table) => [index().on(table.userId, table.kind), index().on(table.expiresAt), ...systemOnly()],
);

/** The second factor of a person: TOTP (RFC 6238), and codes for when the device is lost. */
export const secondFactors = pgTable(
  'second_factors',
  {
    userId: uuid()
      .primaryKey()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** The shared secret, sealed. */
    secret: text().notNull(),
    /** Null until the person has proved once that the device works. */
    enabledAt: instant(),
    /** The last time step whose code was used: a code is good once (RFC 6238, 5.2). */
    lastStep: bigint({ mode: 'number' }).notNull().default(0),
    /** SHA-256 of each recovery code that was not used yet. */
    recoveryCodeHashes: text().array().notNull().default([]),
    createdAt: createdAt(),
  },
  () => systemOnly(),
);

/** How often guesses failed for one account or address, and until when that or a mail has to wait. */
export const loginThrottles = pgTable(
  'login_throttles',
  {
    /** What is counted, a colon, and the SHA-256 of whose it is, so that no address is kept. */
    key: text().primaryKey(),
    failures: integer().notNull(),
    blockedUntil: instant().notNull(),
    /** Forgotten after this. */
    expiresAt: instant().notNull(),
  },
  (table) => [index().on(table.expiresAt), ...systemOnly()],
);

/** What access tokens are signed with; several overlap while one replaces another. */
export const signingKeys = pgTable(
  'signing_keys',
  {
    /** The `kid` of the tokens. */
    id: id(),
    algorithm: text({ enum: ['ES256'] }).notNull(),
    /** A JWK (RFC 7517), as published. */
    publicKey: jsonb().$type<Record<string, string>>().notNull(),
    /** PKCS #8 in PEM, sealed. */
    privateKey: text().notNull(),
    /** Signs from then on: published before, so that other services know it in time. */
    activeAt: instant().notNull(),
    /** Verifies no longer; null while nothing has replaced it. */
    retiredAt: instant(),
    createdAt: createdAt(),
  },
  () => systemOnly(),
);

/** A credential of a program, with permissions of its own. The key itself is shown once. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: id(),
    tenantId: tenantId().references(() => tenants.id),
    name: text().notNull(),
    /** The part of the key that may be seen. */
    prefix: text().notNull().unique(),
    /** SHA-256 of the key, base64url; it has the entropy that a password lacks. */
    keyHash: text().notNull().unique(),
    permissions: text().array().notNull(),
    /** Requests per minute, below the limit of the tenant; without it that alone holds. */
    rateLimit: integer(),
    expiresAt: instant(),
    /** To the minute or so: it is written in batches. */
    lastUsedAt: instant(),
    createdBy: uuid(),
    createdAt: createdAt(),
  },
  (table) => [
    unique().on(table.tenantId, table.id),
    index().on(table.expiresAt),
    ...tenantPolicies(table),
  ],
);
