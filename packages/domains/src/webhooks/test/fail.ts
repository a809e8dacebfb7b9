import type { Api } from '@trellis/test/api';
import type { Account } from '@trellis/test/sign-up';

export interface Failing {
  /** ISO 8601, as all of them. */
  since?: string;
  openUntil?: string;
}

/** Has a subscription's endpoint fail since then, as a worker would record it. */
export async function fail(
  api: Pick<Api, 'app'>,
  { tenant }: Pick<Account, 'tenant'>,
  webhookId: string,
  { since = '2026-01-31T12:00:00.000Z', openUntil }: Failing = {},
): Promise<void> {
  await api.app.platform.db.querySystem(
    (sql) => sql`
      insert into webhook_failures (webhook_id, tenant_id, failing_since, failures, open_until)
      values (${webhookId}, ${tenant.id}, ${since}, 50, ${openUntil ?? null})
      on conflict (webhook_id) do update set open_until = excluded.open_until`,
  );
}

export interface Failures {
  /** In milliseconds, from now. */
  opensInMs: number | null;
}

/** What is recorded of its failures; undefined when it has none. */
export async function failuresOf(
  api: Pick<Api, 'app'>,
  webhookId: string,
): Promise<Failures | undefined> {
  const [row] = await api.app.platform.db.querySystem<{ opensInMs: number | null }>(
    (sql) => sql`
      select (extract(epoch from open_until - now()) * 1000)::float8 as "opensInMs"
      from webhook_failures where webhook_id = ${webhookId}`,
  );
  return row;
}
