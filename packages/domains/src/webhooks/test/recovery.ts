import type { Api, Reply } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import type { Account } from '@trellis/test/sign-up';
import postgres from 'postgres';
import type { Test } from 'tap';

type Requests = Pick<Api, 'request'>;

/** Long before all that a test makes. */
export const longAgo = '2020-01-01T00:00:00.000Z';

/** Asks for a recovery of the failed ones of all time, unless told otherwise. */
export function recover(
  api: Requests,
  { token }: Pick<Account, 'token'>,
  webhookId: string,
  body: object = {},
  headers: Record<string, string> = {},
): Promise<Reply> {
  const asked = { since: longAgo, status: 'failed', ...body };
  return api.request('POST', `/webhooks/${webhookId}/recover`, { token, body: asked, headers });
}

/** The recovery once it has ended in this state. */
export function recoveryEnded(
  api: Requests,
  { token }: Pick<Account, 'token'>,
  { id, webhookId }: { id: string; webhookId: string },
  status = 'completed',
) {
  return eventually(
    async () => {
      const { body } = await api.request('GET', `/webhooks/${webhookId}/recoveries/${id}`, {
        token,
      });
      return body.status === status && body;
    },
    { timeoutMs: 30_000 },
  );
}

/** Nobody reads or writes a delivery until what it answers is called. */
export async function lockDeliveries(
  t: Pick<Test, 'teardown'>,
  { database }: Pick<Api, 'database'>,
): Promise<() => Promise<void>> {
  const owner = postgres(database.ownerUrl, { max: 1, onnotice: () => {} });
  t.teardown(() => owner.end());
  const connection = await owner.reserve();
  await connection`begin`;
  await connection`lock table webhook_deliveries in access exclusive mode`;
  return async () => {
    await connection`commit`;
    connection.release();
  };
}
