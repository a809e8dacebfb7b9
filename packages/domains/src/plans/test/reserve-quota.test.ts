import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { type Account, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { defineQuota, type Quota } from '../define-quota.ts';
import { reserveQuota } from '../reserve-quota.ts';
import { graceLimits, overrideLimits } from './change-limits.ts';

const limitReached = { code: 'plan_limit_reached', status: 403 };

/** Something of which so many are used. */
const quotaWith = (used: () => number, limit: Quota['limit'] = 'maxWebhooks') =>
  defineQuota({ name: 'things', limit, counts: 'things of all kinds', used: async () => used() });

t.test('reserveQuota', async (t) => {
  const api = await startApi(t);
  const { db } = api.app.platform;
  const reserve = ({ tenant: { id } }: Account, quota: Quota, count?: number) =>
    db.withTenant(id, (tx) => reserveQuota(tx, id, quota, count));

  await t.test('lets the last one in and none beyond, and says what is used', async (t) => {
    const account = await signUp(api);
    t.equal(
      await reserve(
        account,
        quotaWith(() => 4),
      ),
      1,
      'the free plan allows five',
    );
    await t.rejects(
      reserve(
        account,
        quotaWith(() => 5),
      ),
      {
        ...limitReached,
        message: 'The plan allows maxWebhooks = 5; 5 are used by things of all kinds.',
      },
    );
  });

  await t.test('lets several in when all of them fit', async (t) => {
    const account = await signUp(api);
    const quota = quotaWith(() => 2);
    t.equal(await reserve(account, quota, 3), 3);
    await t.rejects(reserve(account, quota, 4), limitReached);
    t.equal(
      await reserve(
        account,
        quotaWith(() => 9),
        0,
      ),
      0,
      'nothing fits above the limit too',
    );
  });

  await t.test(
    'takes the limit of the tenant: overridden, or left as it was for now',
    async (t) => {
      const account = await signUp(api);
      const quota = quotaWith(() => 0);
      await overrideLimits(api, account, { maxWebhooks: 2 });
      t.equal(await reserve(account, quota), 2);
      await graceLimits(api, account, { maxWebhooks: 7 }, 3_600);
      t.equal(await reserve(account, quota), 7);
      await graceLimits(api, account, { maxWebhooks: 7 }, -1);
      t.equal(await reserve(account, quota), 2);
      await overrideLimits(api, account, {});
      t.equal(await reserve(account, quota), 5);
    },
  );

  await t.test('the second waits for the first, and counts what it made', async (t) => {
    const account = await signUp(api);
    const other = await signUp(api, 'Other');
    await overrideLimits(api, account, { maxWebhooks: 1 });
    let made = 0;
    const quota = quotaWith(() => made);
    const { id } = account.tenant;
    let second = Promise.resolve(0);
    await db.withTenant(id, async (tx) => {
      await reserveQuota(tx, id, quota);
      second = reserve(account, quota);
      second.catch(() => {});
      await eventually(async () => (await waiting()) === 1);
      t.equal(await reserve(other, quota), 5, 'another tenant does not wait');
      t.equal(
        await reserve(
          account,
          quotaWith(() => 0, 'maxUsers'),
        ),
        5,
        'nor another quota',
      );
      made = 1;
    });
    await t.rejects(second, limitReached);
  });

  await t.test('one that is rolled back leaves its place to the next', async (t) => {
    const account = await signUp(api);
    await overrideLimits(api, account, { maxWebhooks: 1 });
    const quota = quotaWith(() => 0);
    const { id } = account.tenant;
    let second = Promise.resolve(0);
    const first = db.withTenant(id, async (tx) => {
      await reserveQuota(tx, id, quota);
      second = reserve(account, quota);
      await eventually(async () => (await waiting()) === 1);
      throw new Error('it failed behind the reservation');
    });
    await t.rejects(first, /behind the reservation/);
    t.equal(await second, 1);
  });

  /** Transactions of this installation that wait for a lock by name. */
  async function waiting(): Promise<number> {
    const [row] = await db.querySystem(
      (sql) => sql<{ count: number }[]>`
        select count(*)::int as count from pg_locks
        where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`,
    );
    return row?.count ?? 0;
  }
});
