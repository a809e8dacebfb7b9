import { inspect } from 'node:util';
import { describeError } from '@trellis/core/describe-error';
import { users } from '@trellis/db/schema/users';
import { PermanentError } from '@trellis/queue/permanent-error';
import { eventually } from '@trellis/test/eventually';
import { backends } from '@trellis/test/settings';
import postgres from 'postgres';
import t, { type Test } from 'tap';
import { greet, type Opened, openSite, prepareSite, rowsOf, type Site, work } from './open-site.ts';

type Run = Parameters<typeof work>[2];

/** Does one job until its row says that it has failed; answers that, and what was logged. */
async function fail(t: Test, opened: Opened, run: Run) {
  const logged: { err?: unknown }[] = [];
  let tries = 0;
  const counted: Run = (...call) => {
    tries++;
    return run(...call);
  };
  work(t, opened, counted, { onWarning: (_text, details) => logged.push(details) });
  await opened.db.asSystem((tx) => opened.jobs.enqueue(tx, greet, { name: 'Ada' }));
  const row = await eventually(async () => {
    const [row] = await rowsOf(opened);
    return row?.failed_at && row;
  });
  // The queue tells of it behind the row.
  await eventually(() => logged.length === tries);
  return { error: String(row.error), logged, tries };
}

const secrets = /ada@example\.com|very-secret/;

for (const backend of backends) {
  t.test(`no value of a query is kept or logged of a failure (${backend})`, async (t) => {
    const opened = await openSite(t, await prepareSite(t, backend));
    const person = { email: 'ada@example.com', name: 'Ada', passwordHash: 'very-secret-hash' };
    const { error, logged, tries } = await fail(t, opened, () =>
      opened.db.asSystem(async (tx) => {
        await tx.orm.insert(users).values(person);
        await tx.orm.insert(users).values(person);
      }),
    );
    t.equal(tries, greet.attempts);
    t.match(error, /^Failed query: insert into "users" .*duplicate key .*\(23505\)$/);
    t.notMatch(error, secrets);
    for (const { err } of logged) {
      t.notMatch(inspect(err, { showHidden: true, depth: 9 }), secrets, 'what the queue was told');
      t.match(describeError(err).stack, /PostgresError: duplicate key .*\n {4}at /);
    }
  });

  t.test(`text that Postgres cannot store ends a job all the same (${backend})`, async (t) => {
    const opened = await openSite(t, await prepareSite(t, backend));
    const text = `550 no\0such ${'x'.repeat(1_987)}😀${'y'.repeat(10_000)}`;
    const { error, tries } = await fail(t, opened, async () => {
      throw new Error(text);
    });
    t.equal(tries, greet.attempts, 'each try counts, in the queue too');
    t.match(error, /^550 nosuch x+�$/);
    t.equal(error.length, 1_999, 'at most 2,000 characters');
  });

  t.test(`so does that of an error that no other try would mend (${backend})`, async (t) => {
    const opened = await openSite(t, await prepareSite(t, backend));
    const { error, tries } = await fail(t, opened, async () => {
      throw new PermanentError('half a pair: \ud83d, none: \0');
    });
    t.equal(tries, 1);
    t.equal(error, 'half a pair: �, none: ');
  });

  t.test(`a row that cannot be removed makes its job fail (${backend})`, async (t) => {
    const site = await prepareSite(t, backend);
    const opened = await openSite(t, site);
    await refuseRemoval(site);
    const { error, tries } = await fail(t, opened, async () => {});
    t.equal(tries, greet.attempts, 'it is no outage, so it is not tried for ever');
    t.match(error, /^it stays \(P0001\)$/);
  });
}

async function refuseRemoval({ database }: Site): Promise<void> {
  const owner = postgres(database.ownerUrl, { max: 1, onnotice: () => {} });
  await owner.unsafe(`
    create function it_stays() returns trigger language plpgsql
      as $$ begin raise exception 'it stays'; end $$;
    create trigger it_stays before delete on jobs for each row execute function it_stays()`);
  await owner.end();
}
