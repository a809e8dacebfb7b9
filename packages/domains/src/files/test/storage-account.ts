import type { Api } from '@trellis/test/api';
import { asSystem } from '@trellis/test/installation';
import type { Account } from '@trellis/test/sign-up';

export interface StorageAccount {
  /** The counter that the plan is held against. */
  counted: number;
  files: number;
  fileBytes: number;
  uploads: number;
  reservedBytes: number;
}

/** What the tables say of the tenant's storage, seen from behind the API. */
export async function storageAccount(
  { database }: Pick<Api, 'database'>,
  { tenant: { id } }: Account,
): Promise<StorageAccount> {
  const [row] = await asSystem(
    database,
    (tx) => tx.sql<StorageAccount[]>`
      select
        coalesce((select bytes from storage_use where tenant_id = ${id}), 0)::float8 as counted,
        (select count(*) from files where tenant_id = ${id})::int as files,
        (select coalesce(sum(size), 0) from files where tenant_id = ${id})::float8 as "fileBytes",
        (select count(*) from uploads where tenant_id = ${id})::int as uploads,
        (select coalesce(sum(reserved), 0) from uploads where tenant_id = ${id})::float8
          as "reservedBytes"`,
  );
  return row as StorageAccount;
}

/** The plan of this tenant alone allows so many bytes. */
export async function setMaxStorage(
  { database }: Pick<Api, 'database'>,
  { tenant: { id } }: Account,
  maxStorage: number,
): Promise<void> {
  const overrides = JSON.stringify({ maxStorage });
  await asSystem(
    database,
    (tx) => tx.sql`update tenants set plan_overrides = ${overrides}::jsonb where id = ${id}`,
  );
}
