import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { newId } from '@trellis/core/ids';
import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { type Account, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { filePart, formEnd, sendForm } from '../../../../packages/domains/src/files/test/upload.ts';
import { createIdempotencyStore } from '../idempotency-store.ts';

const lockMs = 1_000;

async function lockedUntil(api: Api, account: Account, key: string): Promise<number | undefined> {
  const [row] = await api.app.platform.db.queryTenant<{ locked_until: Date | string }>(
    account.tenant.id,
    (sql) => sql`select locked_until from idempotency_keys where key = ${key}`,
  );
  return row && new Date(row.locked_until).getTime();
}

t.test('a key belongs to its request for as long as that is held', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { db, secrets } = api.app.platform;
  const store = createIdempotencyStore(db, secrets, lockMs);
  const claim = async (key: string) => (await store.claim(account.tenant.id, key, 'a')).state;
  t.equal(await claim('held'), 'ours');
  const release = store.hold(account.tenant.id, 'held', (error) => t.error(error));
  t.teardown(release);
  t.equal(await claim('dead'), 'ours');
  const first = await lockedUntil(api, account, 'held');
  await eventually(async () => {
    const now = await lockedUntil(api, account, 'held');
    return now !== undefined && first !== undefined && now > first + 2 * lockMs;
  });
  t.equal(await claim('held'), 'running', 'long after the time of its lock');
  t.equal(await claim('dead'), 'ours', 'another that is not held is taken over');
  release();
  await eventually(async () => (await claim('held')) === 'ours');
});

t.test('an upload holds its key while it runs', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const headers = { 'idempotency-key': newId() };
  const key = headers['idempotency-key'];
  let goOn = (): void => {};
  const isRenewed = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const slow = async function* () {
    yield Buffer.from(filePart());
    yield randomBytes(100);
    await isRenewed;
    yield Buffer.from(formEnd);
  };
  const reply = sendForm(api, account, Readable.from(slow(), { objectMode: false }), headers);
  const first = await eventually(() => lockedUntil(api, account, key));
  const longer = async () => ((await lockedUntil(api, account, key)) ?? 0) > first;
  await eventually(longer, { timeoutMs: 60_000 });
  goOn();
  const { status, body } = await reply;
  t.match({ status, size: body.size }, { status: 201, size: 100 });
});
