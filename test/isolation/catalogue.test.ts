import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '@trellis/test/database';
import postgres, { type Sql } from 'postgres';
import t, { type Test } from 'tap';
import { findOpenTables, tenantTables } from './catalogue.ts';
import { addRow, dropConstraints } from './fill-tables.ts';

const roles = ['trellis_app', 'trellis_system'];

interface Connected {
  owner: Sql;
  app: Sql;
  ownerName: string;
  login: string;
}

async function connect(t: Test): Promise<Connected> {
  const { ownerUrl, appUrl } = await createTestDatabase(t);
  const open = (url: string) => {
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    t.teardown(() => sql.end());
    return sql;
  };
  return {
    owner: open(ownerUrl),
    app: open(appUrl),
    ownerName: new URL(ownerUrl).username,
    login: new URL(appUrl).username,
  };
}

t.test('every table with a tenant_id is closed', async (t) => {
  const { owner } = await connect(t);
  t.ok((await tenantTables(owner)).includes('webhooks'), 'the walk finds the tables');
  t.same(await findOpenTables(owner), []);

  const scoped =
    "tenant_id = (select nullif(current_setting('trellis.tenant_id', true), '')::uuid)";
  const closed = 'enable row level security, force row level security';
  const policy = (table: string, expression: string) =>
    `create policy tenant_isolation on ${table} to trellis_app
      using (${expression}) with check (${expression});`;
  const cases: [table: string, how: string, complaints: string[]][] = [
    [
      'bare',
      '',
      [
        'row-level security is off',
        'row-level security is not forced',
        'there is no policy tenant_isolation',
      ],
    ],
    [
      'unforced',
      `alter table unforced enable row level security; ${policy('unforced', scoped)}`,
      ['row-level security is not forced'],
    ],
    ['bare_policy', `alter table bare_policy ${closed};`, ['there is no policy tenant_isolation']],
    [
      'wide_open',
      `alter table wide_open ${closed}; ${policy('wide_open', 'true')}`,
      ['policy tenant_isolation is not scoped'],
    ],
    [
      'back_door',
      `alter table back_door ${closed}; ${policy('back_door', scoped)}
        create policy back_door on back_door to public using (true)`,
      ['policy back_door is not scoped'],
    ],
    ['right', `alter table "right" ${closed}; ${policy('"right"', scoped)}`, []],
  ];
  for (const [table, how, complaints] of cases) {
    await t.test(`the check judges a table "${table}"`, async (t) => {
      await owner.unsafe(`create table "${table}" (id uuid, tenant_id uuid); ${how}`);
      t.same(
        await findOpenTables(owner),
        complaints.map((complaint) => `${table}: ${complaint}`),
      );
      await owner.unsafe(`drop table "${table}"`);
    });
  }

  await t.test('the check judges a partition that is open by itself', async (t) => {
    await owner.unsafe(`
      create table whole (id int, tenant_id uuid) partition by range (id);
      alter table whole ${closed}; ${policy('whole', scoped)}
      create table whole_part partition of whole default;
      alter table whole_part ${closed}`);
    t.same(await findOpenTables(owner), ['whole_part: a partition is open by itself']);
    await owner`revoke all on whole_part from trellis_app, trellis_system`;
    t.same(await findOpenTables(owner), []);
    await owner`drop table whole`;
  });
});

t.test('the role of the API sees the rows of the tenant that is set, and no others', async (t) => {
  const { owner, app } = await connect(t);
  const tables = await tenantTables(owner);
  // A superuser is above all policies, also forced ones; some servers have no other owner.
  const [{ bypasses = false } = {}] = await owner<{ bypasses: boolean }[]>`
    select rolsuper or rolbypassrls as bypasses from pg_roles where rolname = current_user`;
  const [ours, theirs] = [randomUUID(), randomUUID()];
  await dropConstraints(owner);
  await app.begin(async (system) => {
    await system`set local role trellis_system`;
    for (const table of tables) {
      for (const tenantId of [ours, theirs]) {
        await addRow(system as unknown as Sql, table, tenantId);
      }
    }
  });
  const count = async (sql: Pick<Sql, 'unsafe'>, table: string): Promise<number> =>
    Number((await sql.unsafe(`select count(*) from ${table}`))[0]?.count);
  for (const table of tables) {
    await t.test(table, async (t) => {
      t.equal(await count(app, table), 0, 'none without a tenant');
      if (!bypasses) {
        t.equal(await count(owner, table), 0, 'none for the owner of the table either');
      }
      const seen = await app.begin(async (tx) => {
        await tx`select set_config('trellis.tenant_id', ${ours}, true)`;
        return tx.unsafe(`select tenant_id from ${table}`);
      });
      t.same([...seen], [{ tenant_id: ours }]);
      t.equal(await count(app, table), 0, 'none when the transaction is over');
      await t.rejects(
        app.begin(async (tx) => {
          await tx`select set_config('trellis.tenant_id', ${theirs}, true)`;
          await addRow(tx as unknown as Sql, table, ours);
        }),
        { code: '42501' },
        'no row can be written for another tenant',
      );
    });
  }
});

t.test('the role of the API cannot reach beyond its policies', async (t) => {
  const { owner, app, ownerName, login } = await connect(t);

  await t.test('it is no superuser, bypasses nothing and owns nothing', async (t) => {
    const names = [...roles, login];
    const found = await owner`
      select rolname from pg_roles
      where rolname = any (${names})
        and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)`;
    t.same([...found], []);
    const owned = await owner`
      select c.relname as name from pg_class c join pg_roles r on r.oid = c.relowner
        where r.rolname = any (${names})
      union all
      select n.nspname from pg_namespace n join pg_roles r on r.oid = n.nspowner
        where r.rolname = any (${names})`;
    t.same([...owned], []);
  });

  await t.test('it cannot turn row-level security off', async (t) => {
    await t.rejects(
      app.begin(async (tx) => {
        await tx`set local row_security = off`;
        await tx`select from webhooks`;
      }),
      { code: '42501' },
    );
    await t.rejects(app`alter table webhooks disable row level security`, { code: '42501' });
    await t.rejects(app.unsafe(`set role ${ownerName}`), { code: /^(42501|22023)$/ });
  });

  await t.test('it adds to the audit and changes nothing there', async (t) => {
    const found = await owner<{ name: string }[]>`
      select inhrelid::regclass::text as name from pg_inherits
      where inhparent = 'audit_logs'::regclass`;
    const partitions = found.map(({ name }) => name);
    t.ok(partitions.length > 1);
    const changes = ["update % set action = 'nothing'", 'delete from %', 'truncate %'];
    const reads = ['select from %', 'insert into % default values'];
    const statements = [
      ...changes.map((change) => change.replace('%', 'audit_logs')),
      ...partitions.flatMap((name) =>
        [...changes, ...reads].map((statement) => statement.replace('%', name)),
      ),
      ...partitions.map((name) => `drop table ${name}`),
      ...partitions.map((name) => `alter table audit_logs detach partition ${name}`),
    ];
    for (const statement of statements) {
      await t.rejects(app.unsafe(statement), { code: '42501' }, statement);
      await t.rejects(
        app.begin(async (tx) => {
          await tx`set local role trellis_system`;
          await tx.unsafe(statement);
        }),
        { code: '42501' },
        `nor does the role of the platform itself: ${statement}`,
      );
    }
  });

  await t.test(
    'only the platform itself removes months of the audit, and no young ones',
    async (t) => {
      const calls = [
        "trellis_drop_audit_partitions(now() - interval '5 years')",
        'trellis_ensure_audit_partitions(1)',
        "trellis_add_audit_partition('2020-01-01')",
      ];
      for (const call of calls) {
        await t.rejects(app.unsafe(`select ${call}`), { code: '42501' }, call);
      }
      const asSystem = (call: string) =>
        app.begin(async (tx) => {
          await tx`set local role trellis_system`;
          return tx.unsafe(`select ${call}`);
        });
      await t.rejects(asSystem("trellis_add_audit_partition('2020-01-01')"), { code: '42501' });
      await t.rejects(asSystem('trellis_ensure_audit_partitions(25)'), { code: '22023' });
      for (const moment of ['now()', "now() - interval '28 days'", 'null', "'infinity'"]) {
        await t.rejects(
          asSystem(`trellis_drop_audit_partitions(${moment})`),
          { code: '22023' },
          moment,
        );
      }
    },
  );

  await t.test('it sees no password', async (t) => {
    await t.rejects(app`select password_hash from users`, { code: '42501' });
  });
});
