import { createDatabase } from '@trellis/db/client';
import { createTenantDb, type Tx } from '@trellis/db/tenant-db';
import type { Test } from 'tap';
import { seed } from './api.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { type Backend, type TestEnv, testEnv } from './settings.ts';

/** A database and the settings of the processes that work on it. */
export interface Installation {
  database: TestDatabase;
  env: TestEnv;
}

/** For tests that run the API and the worker as processes. */
export async function createInstallation(
  t: Pick<Test, 'teardown'>,
  backend: Backend,
  overrides: TestEnv = {},
): Promise<Installation> {
  const database = await createTestDatabase(t);
  await seed(database);
  return { database, env: testEnv(database, backend, overrides) };
}

/** Looks or changes behind the back of the API, across tenants. */
export async function asSystem<Result>(
  { appUrl }: Pick<TestDatabase, 'appUrl'>,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  const database = createDatabase({
    url: appUrl,
    poolMax: 1,
    statementTimeoutMs: 15_000,
    applicationName: 'trellis-test',
  });
  try {
    return await createTenantDb(database).asSystem(work);
  } finally {
    await database.close();
  }
}

/** Puts a tenant on a plan whose limits are out of the test's way. */
export async function setPlan(
  database: Pick<TestDatabase, 'appUrl'>,
  tenantId: string,
  planType: 'free' | 'pro' | 'enterprise',
): Promise<void> {
  await asSystem(
    database,
    (tx) => tx.sql`update tenants set plan_type = ${planType} where id = ${tenantId}`,
  );
}
