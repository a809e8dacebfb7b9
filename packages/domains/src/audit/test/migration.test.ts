import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newId } from '@trellis/core/ids';
import type { Sql } from 'postgres';
import t from 'tap';
import { verifyChain } from '../chain/verify-chain.ts';
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

  await t.test('and the chain goes on from it', async (t) => {
    await fillTrail(trail, 2, one);
    const report = await verifyChain(trail, one, { limit: 100 });
    t.match(report, { entries: 5, unsigned: 3, problem: null, head: { seq: 5 } });
    t.match(await verifyChain(trail, two, { limit: 100 }), { entries: 1, unsigned: 1 });
  });

  await t.test('and what is deleted of it is found', async (t) => {
    await owner`delete from audit_logs where id = ${ids[1] ?? ''}`;
    const { problem } = await verifyChain(trail, one, { limit: 100 });
    t.same(problem, { kind: 'missing', seq: 2, id: null });
  });
});
