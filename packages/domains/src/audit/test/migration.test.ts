import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newId } from '@trellis/core/ids';
import type { Sql } from 'postgres';
import t from 'tap';
import { verifyChain } from '../chain/verify-chain.ts';
import { verifyTrails } from '../verify-trails.ts';
import { fillTrail, openTrail } from './open-trail.ts';

const folder = join(import.meta.dirname, '../../../../../drizzle');
const files = readdirSync(folder).filter((name) => name.endsWith('.sql'));

async function apply(owner: Sql, names: string[]): Promise<void> {
  for (const name of names) {
    const text = readFileSync(join(folder, name), 'utf8');
    for (const statement of text.split('--> statement-breakpoint')) await owner.unsafe(statement);
  }
}

t.test('what was in the trail before it had partitions and a chain is kept', async (t) => {
  const trail = await openTrail(t);
  const { owner } = trail;
  const until = files.findIndex((name) => name.startsWith('0006'));
  await owner`drop schema public cascade`;
  await owner`create schema public`;
  await apply(owner, files.slice(0, until));
  const [one, two] = [newId(), newId()];
  const ids = [newId(), newId(), newId(), newId()];
  for (const [index, id] of ids.entries()) {
    await owner`
      insert into audit_logs (id, tenant_id, actor_type, action, resource_type, request_id, after)
      values (${id}, ${index === 3 ? two : one}, 'system', 'a.b', 'a', 'r', ${owner.json({ index })})`;
  }
  // As the step before it would have left them.
  await owner`alter table audit_logs force row level security`;
  await owner`alter table audit_heads force row level security`;
  await apply(owner, files.slice(until));
  await owner`alter table audit_logs no force row level security`;

  const rows = await owner`
    select id, tenant_id, seq::int, after from audit_logs order by tenant_id = ${two}, seq`;
  t.same(
    [...rows],
    ids.map((id, index) => ({
      id,
      tenant_id: index === 3 ? two : one,
      seq: index === 3 ? 1 : index + 1,
      after: { index },
    })),
  );

  await t.test('and the chain goes on from it, but nothing vouches for it', async (t) => {
    await fillTrail(trail, 2, one);
    const report = await verifyChain(trail, one, { limit: 100 });
    t.match(report, { problem: { kind: 'unsigned', seq: 1, id: ids[0] }, head: { seq: 5 } });
    t.match(await verifyChain(trail, one, { limit: 100, fromSeq: 4 }), {
      entries: 2,
      problem: null,
    });
    const lines: string[] = [];
    await verifyTrails(trail, { tenantId: one, write: (line) => lines.push(line) });
    t.same(lines, [`Tenant ${one}: unsigned, in place 1, entry ${ids[0]}; unsigned entries: 3.`]);
  });

  await t.test('a process from before the chain writes no entry without a place', async (t) => {
    await t.rejects(
      trail.db.withTenant(
        one,
        (tx) => tx.sql`
        insert into audit_logs (id, tenant_id, actor_type, action, resource_type, request_id)
        values (${newId()}, ${one}, 'system', 'a.b', 'a', 'r')`,
      ),
      { code: '23502' },
    );
  });
});
