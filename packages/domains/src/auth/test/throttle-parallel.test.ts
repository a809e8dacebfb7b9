import { type Api, startApi } from '@trellis/test/api';
import { backends } from '@trellis/test/settings';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { logIn, throttleOf, unblock } from './log-in.ts';

const wrong = 'not the password';

for (const backend of backends) {
  t.test(`parallel tries at two processes, on ${backend}`, async (t) => {
    const api = await startApi(t, { backend });
    const second = await startApi(t, { beside: api });
    const at = (index: number): Api => (index % 2 ? api : second);
    const many = (count: number, email: string, word: string) =>
      Promise.all(Array.from({ length: count }, (_, index) => logIn(at(index), email, word)));

    await t.test('of 100 wrong passwords no more are checked than are counted', async (t) => {
      const { email } = (await signUp(api)).user;
      const statuses = (await many(100, email, wrong)).map(({ status }) => status);
      const checked = statuses.filter((status) => status === 401).length;
      t.equal(statuses.filter((status) => status === 429).length, 100 - checked);
      t.equal((await throttleOf(api, email))?.failures, checked);
      t.ok(checked >= 5 && checked < 20, `${checked} were checked`);
    });

    await t.test('right passwords do not make each other wait', async (t) => {
      const { email } = (await signUp(api)).user;
      const statuses = (await many(20, email, password)).map(({ status }) => status);
      t.same(
        statuses,
        Array.from({ length: 20 }, () => 200),
      );
    });
  });
}

t.test('1,000 wrong passwords end in a wait, after which the right owner gets in', async (t) => {
  const api = await startApi(t);
  const { email } = (await signUp(api)).user;
  const seen = new Set<number>();
  for (let round = 0; round < 50; round++) {
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) => logIn(api, email, `guess ${round}/${index}`)),
    );
    for (const { status } of replies) seen.add(status);
  }
  t.same([...seen].sort(), [401, 429]);
  await unblock(api, email, 60);
  const refused = await logIn(api, email, password);
  t.equal(refused.body.code, 'too_many_attempts');
  const wait = Number(refused.headers.get('retry-after'));
  t.ok(wait > 0 && wait <= 60);
  await unblock(api, email);
  t.equal((await logIn(api, email, password)).status, 200);
});
