import type { Sql } from 'postgres';

interface Column {
  name: string;
  type: string;
}

/** A value of each type that a column without a default may have. */
const values: Record<string, string> = {
  uuid: 'gen_random_uuid()',
  text: "gen_random_uuid()::text || ' of a tenant'",
  integer: '1',
  bigint: '1',
  boolean: 'false',
  date: 'now()',
  jsonb: "'{}'",
  json: "'{}'",
  bytea: "'\\x00'",
};

/** Lets rows stand alone; for a database that is thrown away. Needs the owner of the tables. */
export async function dropConstraints(owner: Sql): Promise<void> {
  const found = await owner<{ table: string; name: string }[]>`
    select conrelid::regclass::text as table, conname as name from pg_constraint
    where connamespace = 'public'::regnamespace and contype in ('c', 'f')`;
  for (const { table, name } of found) {
    await owner.unsafe(`alter table ${table} drop constraint "${name}"`);
  }
}

/** Adds one row of the tenant, made from the catalogue, so that a new table needs no edit here. */
export async function addRow(system: Sql, table: string, tenantId: string): Promise<void> {
  const columns = await system<Column[]>`
    select a.attname as name, format_type(a.atttypid, null) as type from pg_attribute a
    where a.attrelid = ${table}::regclass and a.attnum > 0 and not a.attisdropped
      and a.attnotnull and not a.atthasdef and a.attname <> 'tenant_id'`;
  const names = ['tenant_id', ...columns.map(({ name }) => name)].map((name) => `"${name}"`);
  const row = [`'${tenantId}'`, ...columns.map(literalFor)];
  await system.unsafe(`insert into ${table} (${names}) values (${row})`);
}

function literalFor({ name, type }: Column): string {
  if (type.endsWith('[]')) return "'{}'";
  if (type.startsWith('timestamp')) return 'now()';
  const value = values[type];
  if (!value) throw new Error(`add a value of type ${type}, for column ${name}, to this file`);
  return value;
}
