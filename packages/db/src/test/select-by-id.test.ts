import { randomUUID } from 'node:crypto';
import { createDatabase } from '@trellis/db/client';
import { apiKeys } from '@trellis/db/schema/auth';
import { createTenantDb } from '@trellis/db/tenant-db';
import { seed } from '@trellis/test/api';
import { createTestDatabase } from '@trellis/test/database';
import { eq } from 'drizzle-orm';
import t, { type Test } from 'tap';
import { selectById } from '../select-by-id.ts';

async function open(t: Test) {
  const test = await createTestDatabase(t);
  await seed(test);
  const database = createDatabase({
    url: test.appUrl,
    poolMax: 2,
    statementTimeoutMs: 15_000,
    applicationName: 'trellis-select-test',
  });
  t.teardown(() => database.close());
  return createTenantDb(database);
}

t.test('selectById', async (t) => {
  const db = await open(t);
  const [ours, theirs] = [randomUUID(), randomUUID()];
  const key = {
    name: 'One',
    prefix: 'trl_one',
    keyHash: 'hash',
    permissions: ['a:read', 'b, "c"'],
  };
  const made = await db.asSystem(async (tx) => {
    for (const id of [ours, theirs]) {
      await tx.sql`insert into tenants (id, name, slug, plan_type) values (${id}, 'T', ${id}, 'free')`;
    }
    const expiresAt = new Date('2030-01-02T03:04:05.678Z');
    return tx.orm
      .insert(apiKeys)
      .values([
        { ...key, tenantId: ours },
        { ...key, tenantId: ours, prefix: 'trl_two', keyHash: 'other', expiresAt },
      ])
      .returning();
  });
  const read = selectById(apiKeys);

  await t.test('answers what drizzle answers, in the types of the table', async (t) => {
    for (const { id } of made) {
      const [expected] = await db.withTenant(ours, (tx) =>
        tx.orm.select().from(apiKeys).where(eq(apiKeys.id, id)),
      );
      t.strictSame(await read(db, ours, id), expected);
    }
    t.equal(made.length, 2);
  });

  await t.test('shows no row of another tenant, and none that is not there', async (t) => {
    t.equal(await read(db, theirs, made[0]?.id ?? ''), undefined);
    t.equal(await read(db, ours, randomUUID()), undefined);
  });
});
