import { newId } from '@trellis/core/ids';
import type { TransactionSql } from 'postgres';
import t from 'tap';
import { anchorHeads } from '../chain/anchor-heads.ts';
import { verifyChain } from '../chain/verify-chain.ts';
import { fillTrail, openTrail } from './open-trail.ts';

/** Takes away all behind the seventh entry, as if it had never been. */
async function truncate(sql: TransactionSql, tenantId: string): Promise<void> {
  await sql`delete from audit_logs where tenant_id = ${tenantId} and seq > 7`;
  await sql`
    update audit_heads set seq = 7, hash = (
      select hash from audit_logs where tenant_id = ${tenantId} and seq = 7)
    where tenant_id = ${tenantId}`;
}

t.test('a cut below the anchor is not covered up before a new anchor is written', async (t) => {
  const cover: Record<string, (sql: TransactionSql, tenantId: string) => Promise<unknown>> = {
    'by a mark of retention that nobody signed': (sql, tenantId) =>
      sql`update audit_heads set pruned_seq = 1000 where tenant_id = ${tenantId}`,
    'by an entry with the place and the hash of the anchor': (sql, tenantId) => sql`
      insert into audit_logs (id, tenant_id, actor_type, action, resource_type, request_id, seq, hash)
      select ${newId()}, tenant_id, 'user', 'x', 'x', 'x', seq, hash from kept_head
      where tenant_id = ${tenantId}`,
    'by the entry of the anchor in its old place': async (sql, tenantId) => {
      await sql`delete from audit_logs where tenant_id = ${tenantId} and seq = 10`;
      await sql`insert into audit_logs select * from kept_entry where tenant_id = ${tenantId}`;
    },
  };
  const trail = await openTrail(t);
  const { owner } = trail;
  await owner`create table kept_head as select * from audit_heads with no data`;
  await owner`create table kept_entry as select * from audit_logs with no data`;
  for (const [how, work] of Object.entries(cover)) {
    await t.test(how, async (t) => {
      const tenantId = await fillTrail(trail, 10);
      await anchorHeads(trail);
      await owner.begin(async (sql) => {
        await sql`insert into kept_head select * from audit_heads where tenant_id = ${tenantId}`;
        await sql`
          insert into kept_entry select * from audit_logs
          where tenant_id = ${tenantId} and seq = 10`;
        await truncate(sql, tenantId);
      });
      await fillTrail(trail, 5, tenantId);
      await owner.begin((sql) => work(sql, tenantId));
      t.match(await anchorHeads(trail), { anchored: 0, refused: 1 });
      await owner`
        update audit_heads set pruned_seq = 0 where tenant_id = ${tenantId}`;
      await owner`delete from audit_logs where tenant_id = ${tenantId} and action = 'x'`;
      t.not((await verifyChain(trail, tenantId, { limit: 100 })).problem, null);
      await owner`delete from audit_logs where tenant_id = ${tenantId}`;
      await owner`delete from audit_heads where tenant_id = ${tenantId}`;
    });
  }
});
