import type { Api } from './api.ts';
import type { Account } from './sign-up.ts';

export interface Subscription {
  id: string;
  /** Verifies what is delivered to it. */
  secret: string;
}

type Requests = Pick<Api, 'request'>;

/** A subscription of the account's tenant; to all events unless told otherwise. */
export async function subscribe(
  api: Requests,
  { token }: Pick<Account, 'token'>,
  url: string,
  events = ['*'],
): Promise<Subscription> {
  const { status, body } = await api.request('POST', '/webhooks', { token, body: { url, events } });
  if (status !== 201) throw new Error(`subscribing answered ${status}: ${JSON.stringify(body)}`);
  return { id: body.id, secret: body.secret };
}

/** Publishes one event and answers its id. */
export async function publish(
  api: Requests,
  { token }: Pick<Account, 'token'>,
  type = 'order.paid',
  data: unknown = { total: 42 },
): Promise<string> {
  const { status, body } = await api.request('POST', '/events', { token, body: { type, data } });
  if (status !== 202) throw new Error(`publishing answered ${status}: ${JSON.stringify(body)}`);
  return body.id;
}

/** Publishes `count` events, `concurrency` at a time, and answers the ids. */
export async function publishMany(
  api: Requests,
  account: Pick<Account, 'token'>,
  count: number,
  concurrency = 20,
): Promise<string[]> {
  const ids: string[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const number = next++;
      ids.push(await publish(api, account, 'order.paid', { number }));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return ids;
}
