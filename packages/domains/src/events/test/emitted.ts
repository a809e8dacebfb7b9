import { type Api, type Reply, startApi } from '@trellis/test/api';
import { type Account, signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import postgres from 'postgres';
import type { Test } from 'tap';
import type { EventDefinition } from '../define-event.ts';

type Requests = Pick<Api, 'request'>;

interface Event {
  id: string;
  type: string;
  deliveries: number;
  payload: string;
}

/** What is declared, and what `data` is to be. */
export type Expected = [declared: EventDefinition, data: unknown];

// What a schema does not name is taken out of what it checks, so that it shows.
const ajv = new Ajv({ removeAdditional: 'all', keywords: ['kind', 'modifier'] });
formats.default(ajv);
const compiled = new Map<EventDefinition, ValidateFunction>();

/** Everybody who has signed up hears everything of their own tenant, at an address that nobody has. */
export async function subscribeAll(api: Requests, ...accounts: Account[]): Promise<void> {
  for (const account of accounts) await subscribe(api, account, 'http://127.0.0.1:9/hook');
}

export interface Heard {
  api: Api;
  account: Account;
  neighbour: Account;
  /** As the account. */
  call(method: string, path: string, body?: object): Promise<Reply>;
}

/** An API with two tenants that hear of everything in their own. */
export async function startHeard(t: Pick<Test, 'teardown'>): Promise<Heard> {
  const api = await startApi(t);
  const account = await signUp(api);
  const neighbour = await signUp(api, 'Neighbour');
  await subscribeAll(api, account, neighbour);
  const { token } = account;
  return {
    api,
    account,
    neighbour,
    call: (method, path, body) => api.request(method, path, { token, body }),
  };
}

/** The types of all events of the account's tenant, the newest first. */
export async function typesOf(api: Requests, account: Pick<Account, 'token'>): Promise<string[]> {
  return (await eventsOf(api, account)).map(({ type }) => type);
}

/**
 * Holds what `act` publishes in the account's tenant against what it is to publish, in any order:
 * nothing else, of the declared shape and no more, each to the one subscription. `expected` comes
 * after `act`, which may be what says it.
 */
export async function publishes<Result>(
  t: Test,
  api: Requests,
  account: Pick<Account, 'token'>,
  act: () => Promise<Result>,
  expected: (result: Result) => Expected[],
): Promise<Result> {
  const before = new Set((await eventsOf(api, account)).map(({ id }) => id));
  const result = await act();
  const made = (await eventsOf(api, account)).filter(({ id }) => !before.has(id));
  const wanted = expected(result).toSorted(([a], [b]) => compare(a.name, b.name));
  t.same(
    made.map(({ type, deliveries }) => ({ type, deliveries })).toSorted(byType),
    wanted.map(([{ name }]) => ({ type: name, deliveries: 1 })),
  );
  made.toSorted(byType).forEach((event, index) => {
    const [declared, data] = wanted[index] ?? [];
    if (declared) isAsDeclared(t, event, declared, data);
  });
  return result;
}

/** The same for what changes nothing. */
export async function publishesNothing<Result>(
  t: Test,
  api: Requests,
  account: Pick<Account, 'token'>,
  act: () => Promise<Result>,
): Promise<Result> {
  return publishes(t, api, account, act, () => []);
}

/** Every transaction that audits something fails meanwhile, in its last step. */
export async function whileNothingCommits<Result>(
  { database }: Pick<Api, 'database'>,
  act: () => Promise<Result>,
): Promise<Result> {
  const sql = postgres(database.ownerUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`alter table audit_logs rename to audit_logs_away`;
    return await act();
  } finally {
    await sql`alter table audit_logs_away rename to audit_logs`;
    await sql.end();
  }
}

async function eventsOf(api: Requests, { token }: Pick<Account, 'token'>): Promise<Event[]> {
  const { status, body } = await api.request('GET', '/events?limit=100', { token });
  if (status !== 200 || body.nextCursor !== null) throw new Error(`not all events: ${status}`);
  return body.data;
}

function isAsDeclared(t: Test, event: Event, declared: EventDefinition, data: unknown): void {
  const payload = JSON.parse(event.payload);
  t.equal(payload.type, declared.name);
  t.same(payload.data, data, 'it shows what the API does');
  const validate = compiled.get(declared) ?? ajv.compile(declared.data);
  compiled.set(declared, validate);
  const cleaned = structuredClone(payload.data);
  t.ok(validate(cleaned), 'it fits its schema', { errors: validate.errors });
  t.same(cleaned, payload.data, 'it holds nothing that is not declared');
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
const byType = (a: { type: string }, b: { type: string }): number => compare(a.type, b.type);
