import { newId } from '@trellis/core/ids';
import type { TransactionSql } from 'postgres';
import t from 'tap';
import { anchorHeads } from '../chain/anchor-heads.ts';
import type { ChainProblem } from '../chain/judge-entry.ts';
import { type ChainReport, verifyChain } from '../chain/verify-chain.ts';
import { fillTrail, idsOf, openTrail } from './open-trail.ts';

interface Case {
  /** Done by one who may do all to the database. */
  tamper(sql: TransactionSql, tenantId: string, ids: string[]): Promise<unknown>;
  /** The entry, of ten, that verify has to name; by its place where nothing stands there. */
  found: Omit<ChainProblem, 'id'> & { entry: number | null };
}

const found = (kind: ChainProblem['kind'], seq: number | null, entry: number | null = seq) => ({
  kind,
  seq,
  entry,
});

const cases: Record<string, Case> = {
  'an action is changed': {
    tamper: (sql, _tenant, ids) =>
      sql`update audit_logs set action = 'thing.deleted' where id = ${ids[4] ?? ''}`,
    found: found('altered', 4),
  },
  'a value in `after` is changed': {
    tamper: (sql, _tenant, ids) =>
      sql`update audit_logs set after = '{"number": 40}' where id = ${ids[4] ?? ''}`,
    found: found('altered', 4),
  },
  'a time is changed by a millisecond': {
    tamper: (sql, _tenant, ids) =>
      sql`update audit_logs set created_at = created_at + interval '1 ms' where id = ${ids[1] ?? ''}`,
    found: found('altered', 1),
  },
  'an address is taken away': {
    tamper: (sql, _tenant, ids) => sql`update audit_logs set ip = null where id = ${ids[10] ?? ''}`,
    found: found('altered', 10),
  },
  'an id is replaced': {
    tamper: (sql, tenantId) =>
      sql`update audit_logs set id = ${newId()} where tenant_id = ${tenantId} and seq = 10`,
    found: found('altered', 10, null),
  },
  'a hash is copied from another entry': {
    tamper: (sql, tenantId, ids) => sql`
      update audit_logs set hash = (
        select hash from audit_logs where tenant_id = ${tenantId} and seq = 5)
      where id = ${ids[4] ?? ''}`,
    found: found('altered', 4),
  },
  'a hash gets another text for the same bytes': {
    tamper: (sql, _tenant, ids) =>
      sql`update audit_logs set hash = hash || '.x' where id = ${ids[4] ?? ''}`,
    found: found('altered', 4),
  },
  'a hash is taken away': {
    tamper: (sql, _tenant, ids) =>
      sql`update audit_logs set hash = null where id = ${ids[4] ?? ''}`,
    found: found('altered', 4),
  },
  'an entry is said to be older than the chain': {
    tamper: (sql, _tenant, ids) =>
      sql`update audit_logs set hash = 'unsigned' where id = ${ids[4] ?? ''}`,
    found: found('unsigned', 4),
  },
  'all entries are said to be older than the chain': {
    tamper: async (sql, tenantId) => {
      await sql`
        update audit_logs set hash = 'unsigned', after = '{"forged": true}'
        where tenant_id = ${tenantId}`;
      await sql`update audit_heads set hash = 'unsigned' where tenant_id = ${tenantId}`;
    },
    found: found('unsigned', 1),
  },
  'an absent value becomes the null of JSON': {
    tamper: (sql, _tenant, ids) =>
      sql`update audit_logs set before = 'null' where id = ${ids[4] ?? ''}`,
    found: found('altered', 4),
  },
  'a null becomes a number that no double holds': {
    tamper: (sql, _tenant, ids) => sql`
      update audit_logs set after = jsonb_set(after, '{until}', '1e400') where id = ${ids[4] ?? ''}`,
    found: found('altered', 4),
  },
  'a number gets digits that no double holds': {
    tamper: (sql, _tenant, ids) => sql`
      update audit_logs set after = jsonb_set(after, '{number}', '4.00000000000000000001')
      where id = ${ids[4] ?? ''}`,
    found: found('altered', 4),
  },
  'a time becomes one that is none to JavaScript': {
    tamper: (sql, _tenant, ids) =>
      sql`update audit_logs set created_at = 'infinity' where id = ${ids[4] ?? ''}`,
    found: found('altered', 4),
  },
  'two entries change places': {
    tamper: (sql, tenantId) =>
      sql`update audit_logs set seq = 9 - seq where tenant_id = ${tenantId} and seq in (4, 5)`,
    found: found('reordered', 4, 5),
  },
  'the contents of two entries change places': {
    tamper: (sql, tenantId) => sql`
      update audit_logs a set after = b.after, resource_id = b.resource_id from audit_logs b
      where a.tenant_id = ${tenantId} and b.tenant_id = a.tenant_id
        and a.seq in (4, 5) and b.seq = 9 - a.seq`,
    found: found('altered', 4),
  },
  'an entry is deleted': {
    tamper: (sql, _tenant, ids) => sql`delete from audit_logs where id = ${ids[4] ?? ''}`,
    found: found('missing', 4, null),
  },
  'an entry is deleted, and the places are closed up': {
    tamper: async (sql, tenantId, ids) => {
      await sql`delete from audit_logs where id = ${ids[4] ?? ''}`;
      await sql`update audit_logs set seq = seq - 1 where tenant_id = ${tenantId} and seq > 4`;
      await sql`update audit_heads set seq = seq - 1 where tenant_id = ${tenantId}`;
    },
    found: found('altered', 4, 5),
  },
  'the first entry is deleted': {
    tamper: (sql, _tenant, ids) => sql`delete from audit_logs where id = ${ids[1] ?? ''}`,
    found: found('missing', 1, null),
  },
  'the first entries are said to be removed by retention': {
    tamper: async (sql, tenantId) => {
      await sql`delete from audit_logs where tenant_id = ${tenantId} and seq <= 4`;
      await sql`update audit_heads set pruned_seq = 4, pruned_mac = 'k1.x', pruned_hash = (
        select hash from audit_logs where tenant_id = ${tenantId} and seq = 5)
        where tenant_id = ${tenantId}`;
    },
    found: found('head_altered', 4, null),
  },
  'an entry is added in a place that is taken': {
    tamper: (sql, _tenant, ids) => copyEntry(sql, ids[4] ?? '', { seq: 4 }),
    found: found('foreign', 4, null),
  },
  'an entry is added behind the last': {
    tamper: (sql, _tenant, ids) => copyEntry(sql, ids[4] ?? '', { seq: 11 }),
    found: found('foreign', 11, null),
  },
  'an entry is added before the first': {
    tamper: (sql, _tenant, ids) => copyEntry(sql, ids[4] ?? '', { seq: 0 }),
    found: found('foreign', 0, null),
  },
  'an entry is added without a place': {
    tamper: (sql, _tenant, ids) => copyEntry(sql, ids[4] ?? '', { seq: null }),
    found: found('foreign', null, null),
  },
  'an entry is given to another tenant': {
    tamper: (sql, _tenant, ids) =>
      sql`update audit_logs set tenant_id = ${newId()} where id = ${ids[4] ?? ''}`,
    found: found('missing', 4, null),
  },
  'the last entries are deleted': {
    tamper: (sql, tenantId) =>
      sql`delete from audit_logs where tenant_id = ${tenantId} and seq > 7`,
    found: found('truncated', 8, null),
  },
  'the last entries are deleted, and the head is set back': {
    tamper: truncate,
    found: found('truncated', 8, null),
  },
  'all is deleted': {
    tamper: async (sql, tenantId) => {
      await sql`delete from audit_logs where tenant_id = ${tenantId}`;
      await sql`delete from audit_heads where tenant_id = ${tenantId}`;
    },
    found: found('truncated', 1, null),
  },
  'the head is set back': {
    tamper: setHeadBack,
    found: found('head_altered', 8),
  },
  'the head is deleted': {
    tamper: (sql, tenantId) => sql`delete from audit_heads where tenant_id = ${tenantId}`,
    found: found('head_altered', 1),
  },
  'the hash of the head is changed': {
    tamper: (sql, tenantId) =>
      sql`update audit_heads set hash = 'k1.x' where tenant_id = ${tenantId}`,
    found: found('head_altered', 10),
  },
};

async function truncate(sql: TransactionSql, tenantId: string): Promise<void> {
  await sql`delete from audit_logs where tenant_id = ${tenantId} and seq > 7`;
  await setHeadBack(sql, tenantId);
}

async function setHeadBack(sql: TransactionSql, tenantId: string): Promise<void> {
  await sql`
    update audit_heads set seq = 7, hash = (
      select hash from audit_logs where tenant_id = ${tenantId} and seq = 7)
    where tenant_id = ${tenantId}`;
}

function copyEntry(sql: TransactionSql, id: string, { seq }: { seq: number | null }) {
  return sql`
    insert into audit_logs (id, tenant_id, actor_type, action, resource_type, request_id, seq, hash)
    select ${newId()}, tenant_id, actor_type, action, resource_type, request_id, ${seq}, hash
    from audit_logs where id = ${id}`;
}

const all = { limit: 1_000 };
const problemOf = ({ problem }: ChainReport) => problem && { ...problem };

t.test('what a superuser does to a trail is found, and the first bad entry named', async (t) => {
  const trail = await openTrail(t);
  for (const [what, { tamper, found }] of Object.entries(cases)) {
    await t.test(what, async (t) => {
      const tenantId = await fillTrail(trail, 10);
      await anchorHeads(trail);
      const before = await verifyChain(trail, tenantId, all);
      t.match(before, { entries: 10, problem: null, anchor: { seq: 10 } }, 'it was right before');
      const ids = await idsOf(trail, tenantId);
      await trail.owner.begin((sql) => tamper(sql, tenantId, ids));
      const { entry, ...expected } = found;
      const problem = problemOf(await verifyChain(trail, tenantId, all));
      t.match(problem, { ...expected, ...(entry !== null && { id: ids[entry] }) });
      const stands = ['altered', 'foreign', 'reordered'].includes(expected.kind);
      t.equal(problem?.id !== null, stands || entry !== null, 'an id where something stands');
    });
  }
});

t.test('a trail that was cut and has grown again is found by its anchor', async (t) => {
  const trail = await openTrail(t);
  const tenantId = await fillTrail(trail, 10);
  await anchorHeads(trail);
  await trail.owner.begin((sql) => truncate(sql, tenantId));
  await fillTrail(trail, 5, tenantId);
  const ids = await idsOf(trail, tenantId);
  const expected = { kind: 'truncated', seq: 10, id: ids[10] };
  t.same(problemOf(await verifyChain(trail, tenantId, all)), expected);

  await t.test('which no later head takes the place of', async (t) => {
    t.match(await anchorHeads(trail), { anchored: 0, refused: 1 });
    t.same(problemOf(await verifyChain(trail, tenantId, all)), expected);
  });
});

t.test(
  'without an anchor a cut of the end is not seen, and verify says that there is none',
  async (t) => {
    const trail = await openTrail(t);
    const tenantId = await fillTrail(trail, 10);
    await trail.owner.begin((sql) => truncate(sql, tenantId));
    t.match(await verifyChain(trail, tenantId, all), { entries: 7, problem: null, anchor: null });
  },
);

t.test('the first of several bad entries is named', async (t) => {
  const trail = await openTrail(t);
  const tenantId = await fillTrail(trail, 10);
  const ids = await idsOf(trail, tenantId);
  await trail.owner`update audit_logs set action = 'x' where id in ${trail.owner(ids.slice(6, 9))}`;
  await trail.owner`delete from audit_logs where id = ${ids[3] ?? ''}`;
  const report = await verifyChain(trail, tenantId, all);
  t.match(report, { entries: 2, problem: { kind: 'missing', seq: 3, id: null } });
});
