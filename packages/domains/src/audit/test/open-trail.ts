import { type Clock, systemClock } from '@trellis/core/clock';
import { newId } from '@trellis/core/ids';
import { createSecretBox, type SecretBox } from '@trellis/core/secret-box';
import { createDatabase } from '@trellis/db/client';
import { createTenantDb, type TenantDb } from '@trellis/db/tenant-db';
import { createObjectStore } from '@trellis/storage/create-object-store';
import type { ObjectStore } from '@trellis/storage/object-store';
import { createTestDatabase, filesFolderOf } from '@trellis/test/database';
import postgres, { type Sql } from 'postgres';
import type { Test } from 'tap';
import { sealEntries } from '../chain/append-entries.ts';
import type { Link } from '../chain/hash-entry.ts';
import { type AuditedCall, writeAudit } from '../write-audit.ts';

export const key = (id: string, byte: number) =>
  `${id}:${Buffer.alloc(32, byte).toString('base64')}`;

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** The trail without the API around it, and the hand of one who can do all to the database. */
export interface Trail {
  db: TenantDb;
  secrets: SecretBox;
  storage: ObjectStore;
  clock: Clock;
  log: typeof silent;
  /** Sees and changes every entry: policies do not bind it. */
  owner: Sql;
  ownerUrl: string;
}

export async function openTrail(t: Test, secretKey = key('k1', 7)): Promise<Trail> {
  const database = await createTestDatabase(t);
  const client = createDatabase({
    url: database.appUrl,
    poolMax: 4,
    statementTimeoutMs: 15_000,
    applicationName: 'trellis-trail-test',
  });
  const storage = createObjectStore({ url: `file:${filesFolderOf(database)}`, timeoutMs: 5_000 });
  const owner = postgres(database.ownerUrl, { max: 1, onnotice: () => {} });
  t.teardown(async () => {
    await owner.end();
    await storage.close();
    await client.close();
  });
  // A superuser is above all policies; other owners are once these are not forced.
  await owner`alter table audit_logs no force row level security`;
  await owner`alter table audit_heads no force row level security`;
  await owner`alter table audit_logs alter seq drop not null, alter hash drop not null`;
  return {
    db: createTenantDb(client),
    secrets: createSecretBox(secretKey),
    storage,
    clock: systemClock,
    log: silent,
    owner,
    ownerUrl: database.ownerUrl,
  };
}

export const callFor = (tenantId: string): AuditedCall => ({
  tenantId,
  actor: { type: 'user', id: newId() },
  requestId: newId(),
  ip: '203.0.113.7',
  userAgent: 'tester/1',
});

/** A tenant with so many entries, each of a transaction of its own; the oldest first. */
export async function fillTrail(
  { db, secrets }: Pick<Trail, 'db' | 'secrets'>,
  count: number,
  tenantId = newId(),
): Promise<string> {
  for (let number = 1; number <= count; number++) {
    await db.withTenant(tenantId, (tx) =>
      writeAudit({ secrets }, tx, callFor(tenantId), {
        action: 'thing.created',
        resourceType: 'thing',
        resourceId: String(number),
        after: { number, until: null },
      }),
    );
  }
  return tenantId;
}

/** Ids of the entries by place: the first has place 1. */
export async function idsOf({ owner }: Trail, tenantId: string): Promise<string[]> {
  const rows = await owner<{ id: string }[]>`
    select id from audit_logs where tenant_id = ${tenantId} order by seq`;
  return ['', ...rows.map(({ id }) => id)];
}

/** Entries as the platform would have written them at that time, one a moment. */
export async function addOldEntries(
  { owner, secrets }: Trail,
  tenantId: string,
  moments: Date[],
): Promise<void> {
  const [known] = await owner<{ seq: string; hash: string }[]>`
    select seq, hash from audit_heads where tenant_id = ${tenantId}`;
  let previous: Link = { seq: Number(known?.seq ?? 0), hash: known?.hash ?? '' };
  for (const moment of moments) {
    const head = { ...previous, tenantId, lockedAt: moment.getTime() };
    const { actor, ...call } = callFor(tenantId);
    const [entry] = sealEntries(secrets, head, [
      {
        ...call,
        actorType: actor.type,
        actorId: actor.id,
        action: 'thing.created',
        resourceType: 'thing',
        resourceId: null,
        before: null,
        after: null,
      },
    ]);
    if (!entry) throw new Error('nothing was sealed');
    await owner`
      insert into audit_logs (id, tenant_id, seq, actor_type, actor_id, action, resource_type, ip,
        user_agent, request_id, created_at, hash)
      values (${entry.id}, ${tenantId}, ${entry.seq}, ${entry.actorType}, ${entry.actorId},
        ${entry.action}, ${entry.resourceType}, ${entry.ip}, ${entry.userAgent},
        ${entry.requestId}, ${entry.createdAt}, ${entry.hash})`;
    previous = entry;
  }
  await owner`
    insert into audit_heads (tenant_id, seq, hash) values (${tenantId}, ${previous.seq}, ${previous.hash})
    on conflict (tenant_id) do update set seq = excluded.seq, hash = excluded.hash`;
}
