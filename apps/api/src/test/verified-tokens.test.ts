import { eventually } from '@trellis/test/eventually';
import { test } from 'tap';
import { keepVerifiedTokens, type VerifiedToken } from '../verified-tokens.ts';

const nowSeconds = () => Math.ceil(Date.now() / 1_000);
const claims = { sub: 'user', tid: 'tenant', sid: 'session' };

/** Every token stands until `exp`; counts how often each was verified. */
function createVerifier(exp: number) {
  const times = new Map<string, number>();
  const verify = async (text: string): Promise<VerifiedToken> => {
    times.set(text, (times.get(text) ?? 0) + 1);
    if (text === 'refused') throw new Error('refused');
    return { kid: 'key', claims: { ...claims, sub: text }, exp };
  };
  return { verify, timesOf: (text: string) => times.get(text) ?? 0 };
}

test('a token is verified once for all requests of its life in memory', async (t) => {
  const { verify, timesOf } = createVerifier(nowSeconds() + 3_600);
  const verified = keepVerifiedTokens(verify, { keptMs: 600_000, keptMax: 10 });
  for (const text of ['one', 'two', 'one', 'two'])
    t.equal((await verified.get(text)).claims.sub, text);
  t.equal(timesOf('one'), 1);
  t.equal(timesOf('two'), 1);
});

test('a token that has ended is verified again, and refused by that', async (t) => {
  const { verify, timesOf } = createVerifier(nowSeconds() - 1);
  const verified = keepVerifiedTokens(verify, { keptMs: 600_000, keptMax: 10 });
  await verified.get('one');
  await verified.get('one');
  t.equal(timesOf('one'), 2, 'nothing is kept past its end');
});

test('what is kept is verified again after its time in memory', async (t) => {
  const { verify, timesOf } = createVerifier(nowSeconds() + 3_600);
  const verified = keepVerifiedTokens(verify, { keptMs: 1, keptMax: 10 });
  await verified.get('one');
  await eventually(async () => {
    await verified.get('one');
    return timesOf('one') > 1;
  });
  t.ok(timesOf('one') > 1);
});

test('no more than so many are kept, and what is refused pushes none out', async (t) => {
  const { verify, timesOf } = createVerifier(nowSeconds() + 3_600);
  const verified = keepVerifiedTokens(verify, { keptMs: 600_000, keptMax: 2 });
  await verified.get('one');
  await verified.get('two');
  await t.rejects(verified.get('refused'));
  await t.rejects(verified.get('refused'));
  t.equal(timesOf('refused'), 2, 'a refusal is not kept');
  await verified.get('one');
  t.equal(timesOf('one'), 1);
  await verified.get('three');
  await verified.get('one');
  t.equal(timesOf('one'), 2, 'the oldest one made room');
});
