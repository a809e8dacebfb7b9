import type { Sql } from 'postgres';

const chunk = 1_000_000;

/**
 * Fills a table of tenants with millions of rows: past its row-level security, and without its
 * indexes, which are made anew when all is there. `insert` gets the numbers of the first and the
 * last row of each part.
 *
 * @param owner as the role that owns the table
 */
export async function loadBulk(
  owner: Sql,
  table: string,
  rows: number,
  insert: (first: number, last: number) => Promise<unknown>,
): Promise<void> {
  await owner.unsafe(`alter table ${table} no force row level security`);
  const indexes = await owner<{ name: string; definition: string }[]>`
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
    from pg_index where indrelid = ${table}::regclass and not indisprimary`;
  for (const { name } of indexes) await owner.unsafe(`drop index ${name}`);
  for (let first = 0; first < rows; first += chunk) {
    const end = Math.min(first + chunk, rows);
    await insert(first, end - 1);
    console.log(`${end.toLocaleString('en')} rows are written`);
  }
  await owner`set maintenance_work_mem = '1GB'`;
  // Of a table with partitions the definition names the parent alone.
  for (const { definition } of indexes) await owner.unsafe(definition.replace(' ON ONLY ', ' ON '));
  await owner.unsafe(`vacuum analyze ${table}`);
  await owner.unsafe(`alter table ${table} force row level security`);
}
