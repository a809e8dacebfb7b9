import t from 'tap';
import { murmur3 } from '../hash.ts';
import { flagOf, flagsOf, rolloutOf } from './rules.ts';

const count = 100_000;
const users = Array.from({ length: count }, (_, index) => `user-${index}`);
const letIn = (rollout: number | string, key = 'it') => {
  const flags = flagsOf({ flags: [flagOf(key, { strategies: [rolloutOf(rollout)] })] });
  return new Set(users.filter((userId) => flags.evaluate(key, { userId }).isEnabled));
};

t.test('MurmurHash3 of published values', async (t) => {
  t.equal(murmur3('', 0), 0);
  t.equal(murmur3('', 1), 0x514e28b7);
  t.equal(murmur3('test', 0), 0xba6bd213);
  t.equal(murmur3('test', 0x9747b28c), 0x704b81dc);
  t.equal(murmur3('Hello, world!', 0), 0xc0363e43);
  t.equal(murmur3('ππππππππ', 0x9747b28c), 0xd58063c1, 'of the bytes of UTF-8');
  t.equal(murmur3('a'.repeat(256), 0x9747b28c), 0x37405bdc);
  t.equal(murmur3('The quick brown fox jumps over the lazy dog', 0x9747b28c), 0x2fa826cd);
});

t.test('a rollout that is raised keeps all that it had', async (t) => {
  let before = new Set<string>();
  for (const rollout of [0, '0.01', '0.1', 1, 10, '10.01', '10.5', 11, 20, '99.99', 100]) {
    const after = letIn(rollout);
    t.ok(
      [...before].every((user) => after.has(user)),
      `${rollout} %`,
    );
    before = after;
  }
  t.equal(before.size, count);
});

t.test('a rollout is right to half a point', async (t) => {
  for (const rollout of ['0.5', 1, 10, '33.33', 50, 90]) {
    const share = (100 * letIn(rollout).size) / count;
    t.ok(Math.abs(share - Number(rollout)) <= 0.5, `${share} of ${rollout} %`);
  }
});

t.test('two flags at 50 % let in a quarter together', async (t) => {
  const other = letIn(50, 'other');
  const both = [...letIn(50)].filter((user) => other.has(user)).length;
  t.ok(Math.abs((100 * both) / count - 25) <= 1, `${(100 * both) / count} %`);
});

t.test('variants get their parts, and keep their callers', async (t) => {
  const variants = [
    { name: 'blue', weight: 250, stickiness: 'userId' },
    { name: 'red', weight: 750, stickiness: 'userId' },
  ];
  const flags = flagsOf({ flags: [flagOf('it', { variants })] });
  const blue = users.filter((userId) => flags.evaluate('it', { userId }).variant === 'blue');
  t.ok(Math.abs((100 * blue.length) / count - 25) <= 0.5, `${blue.length} of ${count}`);
  const again = blue.filter((userId) => flags.evaluate('it', { userId }).variant === 'blue');
  t.equal(again.length, blue.length);
});
