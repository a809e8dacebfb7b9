import { newId, newIdAt } from '@trellis/core/ids';
import { eventually } from '@trellis/test/eventually';
import t, { type Test } from 'tap';
import { anchorHeads } from '../chain/anchor-heads.ts';
import { verifyChain } from '../chain/verify-chain.ts';
import { keepPartitions } from '../retention/keep-partitions.ts';
import { addOldEntries, fillTrail, openTrail, type Trail } from './open-trail.ts';

const all = { limit: 1_000 };
const settings = { AUDIT_RETENTION_MONTHS: 3 };

/** The name of the partition of a month, so many from now. */
function partition(months: number): string {
  return `audit_logs_${monthOf(months).toISOString().slice(0, 7).replace('-', '_')}`;
}

/** The first moment of a month, so many from now. */
function monthOf(months: number): Date {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months));
}

/** Days after the first of a month, so many months from now. */
function day(months: number, days: number): Date {
  return new Date(monthOf(months).getTime() + days * 86_400_000);
}

async function partitionsOf({ owner }: Trail): Promise<string[]> {
  const rows = await owner<{ name: string }[]>`
    select inhrelid::regclass::text as name from pg_inherits
    where inhparent = 'audit_logs'::regclass order by name`;
  return rows.map(({ name }) => name);
}

async function addMonth({ owner }: Trail, months: number): Promise<void> {
  await owner`select trellis_add_audit_partition(${monthOf(months).toISOString().slice(0, 10)})`;
}

async function homeOf({ owner }: Trail, id: string): Promise<string | undefined> {
  const [row] = await owner<{ name: string }[]>`
    select tableoid::regclass::text as name from audit_logs where id = ${id}`;
  return row?.name;
}

/** A trail whose tenant wrote for half a year. */
async function openOldTrail(t: Test) {
  const trail = { ...(await openTrail(t)), settings };
  for (let months = -6; months < 0; months++) await addMonth(trail, months);
  const tenantId = newId();
  const moments = [-6, -5, -4, -3, -2, -1].flatMap((months) => [day(months, 3), day(months, 20)]);
  await addOldEntries(trail, tenantId, moments);
  return { trail, tenantId };
}

t.test('a new database has partitions for this month and the next three', async (t) => {
  const trail = { ...(await openTrail(t)), settings };
  const ahead = [0, 1, 2, 3].map(partition);
  t.same(await partitionsOf(trail), [...ahead, 'audit_logs_default']);
  const tenantId = await fillTrail(trail, 1);
  const { first } = await verifyChain(trail, tenantId, all);
  t.equal(await homeOf(trail, first?.id ?? ''), partition(0));

  await t.test('and gets those that are missing', async (t) => {
    await trail.owner.unsafe(`drop table ${partition(2)}, ${partition(3)}`);
    t.same(await keepPartitions(trail), {
      added: [partition(2), partition(3)],
      dropped: [],
      entries: 0,
    });
    t.same(await partitionsOf(trail), [...ahead, 'audit_logs_default']);
    t.same((await keepPartitions(trail)).added, [], 'once');
  });
});

t.test('what has no month waits in the default partition until there is one', async (t) => {
  const trail = { ...(await openTrail(t)), settings };
  const tenantId = await fillTrail(trail, 2);
  await trail.owner.unsafe(`drop table ${partition(3)}`);
  await addOldEntries(trail, tenantId, [day(3, 1), day(3, 2)]);
  const { id, head } = await lastEntry(trail, tenantId);
  t.equal(await homeOf(trail, id), 'audit_logs_default');
  t.same((await keepPartitions(trail)).added, [partition(3)]);
  t.equal(await homeOf(trail, id), partition(3));
  t.match(await verifyChain(trail, tenantId, all), { entries: 4, problem: null, head });
});

async function lastEntry(trail: Trail, tenantId: string) {
  const { head } = await verifyChain(trail, tenantId, all);
  const [row] = await trail.owner<{ id: string }[]>`
    select id from audit_logs where tenant_id = ${tenantId} order by seq desc limit 1`;
  return { id: row?.id ?? '', head };
}

t.test(
  'whole months older than the retention are dropped, and the chain begins later',
  async (t) => {
    const { trail, tenantId } = await openOldTrail(t);
    const idle = newId();
    await addOldEntries(trail, idle, [day(-6, 1)]);
    const young = await fillTrail(trail, 2);
    await anchorHeads(trail);
    t.match(await verifyChain(trail, tenantId, all), { entries: 12, problem: null });

    t.same(await keepPartitions(trail), {
      added: [],
      dropped: [partition(-6), partition(-5), partition(-4)],
      entries: 7,
    });
    const names = await partitionsOf(trail);
    t.ok(names.includes(partition(-3)));
    t.notOk(names.includes(partition(-4)));
    const report = await verifyChain(trail, tenantId, all);
    t.match(report, { entries: 6, first: { seq: 7 }, head: { seq: 12 }, problem: null });
    t.match(await verifyChain(trail, idle, all), { entries: 0, head: { seq: 1 }, problem: null });
    t.match(await verifyChain(trail, young, all), { entries: 2, problem: null });
    t.same(await keepPartitions(trail), { added: [], dropped: [], entries: 0 }, 'again: nothing');

    await t.test('and goes on', async (t) => {
      for (const id of [tenantId, idle]) {
        await fillTrail(trail, 1, id);
        t.match(await verifyChain(trail, id, all), { problem: null });
      }
      t.same(await anchorHeads(trail), { anchored: 2, refused: 0 });
    });

    await t.test('what is added or gone at its beginning is still found', async (t) => {
      const { owner } = trail;
      const problem = async () => (await verifyChain(trail, tenantId, all)).problem;
      await owner`
      insert into audit_logs (id, tenant_id, actor_type, action, resource_type, request_id, seq, hash)
      values (${newId()}, ${tenantId}, 'system', 'a.b', 'a', 'r', 2, 'k1.x')`;
      t.match(await problem(), { kind: 'foreign', seq: 2 }, 'among the removed');
      await owner`delete from audit_logs where tenant_id = ${tenantId} and seq = 2`;
      const justBefore = newIdAt(day(-3, 1).getTime(), 1);
      await owner`
      insert into audit_logs (id, tenant_id, actor_type, action, resource_type, request_id, seq, hash)
      values (${justBefore}, ${tenantId}, 'system', 'a.b', 'a', 'r', 1, 'k1.x')`;
      t.match(
        await problem(),
        { kind: 'foreign', seq: 1 },
        'with an id that sorts before the first',
      );
      await owner`delete from audit_logs where tenant_id = ${tenantId} and seq = 7`;
      t.match(await problem(), { kind: 'missing', seq: 7 });
      await owner`update audit_heads set pruned_seq = 7 where tenant_id = ${tenantId}`;
      t.match(await problem(), { kind: 'head_altered', seq: 7 });
    });
  },
);

t.test('old entries in the default partition go with the months', async (t) => {
  const trail = { ...(await openTrail(t)), settings };
  const tenantId = newId();
  await addOldEntries(trail, tenantId, [day(-9, 1), day(-1, 1)]);
  t.same(await keepPartitions(trail), { added: [], dropped: [], entries: 1 });
  t.match(await verifyChain(trail, tenantId, all), {
    entries: 1,
    first: { seq: 2 },
    problem: null,
  });
});

t.test('a month stays while dropping it would tear a chain', async (t) => {
  const { trail } = await openOldTrail(t);
  const tenantId = newId();
  // The clock was set back in between.
  await addOldEntries(trail, tenantId, [day(-4, 1), day(-3, 1), day(-4, 2), day(-3, 2)]);
  t.same(await keepPartitions(trail), { added: [], dropped: [], entries: 0 });
  t.match(await verifyChain(trail, tenantId, all), { entries: 4, problem: null });
  const later = { ...trail, settings: { AUDIT_RETENTION_MONTHS: 2 } };
  t.equal((await keepPartitions(later)).dropped.length, 4);
  t.match(await verifyChain(trail, tenantId, all), { entries: 0, problem: null });
});

t.test('what was altered before it is removed shows for ever', async (t) => {
  const { trail, tenantId } = await openOldTrail(t);
  const { owner } = trail;
  const decoy = newId();
  await addOldEntries(trail, decoy, [day(-6, 1), day(-1, 1), day(-1, 2)]);
  // As if all up to the second were older than the retention.
  await owner`
    insert into audit_logs (id, tenant_id, actor_type, action, resource_type, request_id, seq, hash)
    select ${newIdAt(day(-6, 2).getTime(), 1)}, tenant_id, 'system', 'x', 'x', 'x', seq, hash
    from audit_logs where tenant_id = ${decoy} and seq = 2`;
  await owner`delete from audit_logs where tenant_id = ${decoy} and seq = 2 and action <> 'x'`;
  await owner`update audit_logs set action = 'x' where tenant_id = ${tenantId} and seq = 2`;
  t.match(await keepPartitions(trail), { entries: 0, dropped: { length: 3 } });
  for (const id of [tenantId, decoy]) {
    t.match(await verifyChain(trail, id, all), { problem: { kind: 'missing', seq: 1 } });
  }
});

t.test('nobody waits for long while a backup keeps a month from being dropped', async (t) => {
  const { trail, tenantId } = await openOldTrail(t);
  await trail.owner.begin(async (backup) => {
    await backup`lock table audit_logs in access share mode`;
    const refused = t.rejects(keepPartitions(trail), { code: '55P03' });
    await fillTrail(trail, 3, tenantId);
    await refused;
    const report = await verifyChain(trail, tenantId, all);
    t.match(
      report,
      { entries: 15, first: { seq: 1 }, problem: null },
      'nothing was recorded either',
    );
  });
  const timeouts = await trail.owner<{ config: string[] }[]>`
    select proconfig as config from pg_proc where proname ~ '^trellis_(ensure|drop)_audit'`;
  t.ok(
    timeouts.length === 2 && timeouts.every(({ config }) => config.includes('lock_timeout=200ms')),
  );
  t.equal((await keepPartitions(trail)).dropped.length, 3);
  t.match(await verifyChain(trail, tenantId, all), { first: { seq: 7 }, problem: null });
});

t.test('while months are dropped, others write and verify', async (t) => {
  const { trail, tenantId } = await openOldTrail(t);
  const writers = Promise.all([1, 2, 3].map(() => fillTrail(trail, 20, tenantId)));
  const reports = Promise.all([1, 2, 3, 4, 5].map(() => verifyChain(trail, tenantId, all)));
  // As the job would: others may have the table just then.
  const timeoutMs = 60_000;
  const dropped = eventually(async () => (await keepPartitions(trail)).dropped, { timeoutMs });
  t.equal((await dropped).length, 3);
  await writers;
  t.same(
    (await reports).map(({ problem }) => problem),
    [null, null, null, null, null],
  );
  t.match(await verifyChain(trail, tenantId, all), { entries: 66, problem: null });
});
