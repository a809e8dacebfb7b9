import type { Sql } from 'postgres';

/** A table as the catalogue of Postgres describes it. */
interface TableRow {
  name: string;
  enabled: boolean;
  forced: boolean;
  isPartition: boolean;
  /** A right that one of our two roles has on it. */
  open: boolean;
  policies: { name: string; roles: string[]; using: string | null; check: string | null }[];
}

const scope = "current_setting('trellis.tenant_id'::text, true)";

/** Every table of ours with a `tenant_id`, sorted; partitions are reached through their parent. */
export async function tenantTables(sql: Sql): Promise<string[]> {
  const tables = await readTables(sql);
  return tables.filter(({ isPartition }) => !isPartition).map(({ name }) => name);
}

/** What is open in the tables with a `tenant_id`, a line each. */
export async function findOpenTables(sql: Sql): Promise<string[]> {
  return (await readTables(sql)).flatMap((table) =>
    complaintsOf(table).map((complaint) => `${table.name}: ${complaint}`),
  );
}

function readTables(sql: Sql): Promise<TableRow[]> {
  return sql<TableRow[]>`
    select c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
      c.relispartition as "isPartition",
      exists (select from unnest(array['trellis_app', 'trellis_system']) as role
        where has_any_column_privilege(role, c.oid, 'select, insert, update')
          or has_table_privilege(role, c.oid, 'delete, truncate')) as open,
      (select coalesce(json_agg(json_build_object(
          'name', p.polname,
          'roles', (select json_agg(r.rolname) from pg_roles r where r.oid = any (p.polroles)),
          'using', pg_get_expr(p.polqual, p.polrelid),
          'check', pg_get_expr(p.polwithcheck, p.polrelid)) order by p.polname), '[]')
        from pg_policy p where p.polrelid = c.oid) as policies
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and exists (select from pg_attribute a
        where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
    order by c.relname`;
}

function complaintsOf({ enabled, forced, policies, ...table }: TableRow): string[] {
  const complaints: string[] = [];
  if (!enabled) complaints.push('row-level security is off');
  if (!forced) complaints.push('row-level security is not forced');
  if (table.isPartition) {
    // Its parent has the policies, and is the only door.
    if (table.open) complaints.push('a partition is open by itself');
    return complaints;
  }
  if (!policies.some(({ name }) => name === 'tenant_isolation')) {
    complaints.push('there is no policy tenant_isolation');
  }
  for (const { name, roles, using, check } of policies) {
    // One policy that lets through is enough to open a table, whatever the others say.
    if (String(roles) === 'trellis_system') continue;
    if (!isScoped(using) || !isScoped(check)) complaints.push(`policy ${name} is not scoped`);
  }
  return complaints;
}

/** `(tenant_id = (SELECT …the setting…))`, and nothing beside it. */
function isScoped(expression: string | null): boolean {
  const text = expression?.replaceAll(/\s+/g, ' ') ?? '';
  return text.startsWith('(tenant_id = ( SELECT ') && text.includes(scope) && !/ OR /.test(text);
}
