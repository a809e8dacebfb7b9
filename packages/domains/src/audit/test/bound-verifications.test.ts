import t from 'tap';
import { boundVerifications } from '../chain/bound-verifications.ts';

t.test('one verification of a tenant runs at a time, and two of all tenants', async (t) => {
  const bounded = boundVerifications();
  const { promise, resolve } = Promise.withResolvers<string>();
  const busy = { code: 'verification_running', status: 429 };
  const one = bounded('one', () => promise);
  await t.rejects(
    bounded('one', async () => ''),
    busy,
  );
  const two = bounded('two', () => promise);
  await t.rejects(
    bounded('three', async () => ''),
    busy,
  );
  resolve('done');
  t.same(await Promise.all([one, two]), ['done', 'done']);

  await t.test('and one that fails makes room too', async (t) => {
    const failing = () => bounded('one', () => Promise.reject(new Error('no')));
    for (let call = 0; call < 3; call++) await t.rejects(failing(), { message: 'no' });
    t.equal(await bounded('three', async () => 'done'), 'done');
  });
});
