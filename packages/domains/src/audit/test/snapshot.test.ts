import { newId } from '@trellis/core/ids';
import t from 'tap';
import { canonicalJson } from '../chain/canonical-json.ts';
import { verifyChain } from '../chain/verify-chain.ts';
import { snapshotOf } from '../snapshot.ts';
import { writeAudit } from '../write-audit.ts';
import { callFor, openTrail } from './open-trail.ts';

t.test('a secret that a service forgets to leave out is not kept', async (t) => {
  const names = [
    'password',
    'newPassword',
    'password_hash',
    'secret',
    'secrets',
    'client-secret',
    'token',
    'refreshToken',
    'apiKey',
    'Authorization',
    'recoveryCodes',
    'keyHash',
    'seed',
    'recoveryCodeHashes',
    'webhookSecret',
    'totp_secret',
    'resetToken',
    'otp',
    'accessTokens',
    'secretAccessKey',
    'password_confirmation',
    'apiToken',
    'x-api-key',
    'Set-Cookie',
  ];
  for (const name of names) {
    t.same(snapshotOf({ [name]: 'hunter2' }), { [name]: '[redacted]' }, name);
    t.same(snapshotOf({ list: [{ [name]: ['a', 'b'] }] }), { list: [{ [name]: '[redacted]' }] });
  }
  const key = 'k'.repeat(43);
  t.same(snapshotOf({ key }), { key: '[redacted]' });

  await t.test('and what only sounds like one is', async (t) => {
    const kept = {
      key: 'new-checkout',
      keyId: 'k1',
      prefix: 'tk_ab12',
      secretHint: '…9x',
      hasPassword: true,
      checksum: '9f86d081884c7d65',
      code: 'forbidden',
      seedsPlanted: 4,
      tokenise: 'yes',
      passwordChangedAt: '2026-01-01T00:00:00.000Z',
      tokenType: 'Bearer',
      mfa: { secret: null },
    };
    t.same(snapshotOf(kept), kept);
  });
});

/** A generator of the same numbers each time (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const numbers = [0, -0, 1, -1, 0.1, 1e21, -1e-7, 5e-324, Number.MAX_VALUE, 2 ** 53, 1 / 3];
const texts = [
  '',
  'a',
  'é',
  'e\u0301',
  '😀',
  '\ud800',
  '"\\/',
  '\u2028',
  '\u0001',
  ' ',
  '𐀀',
  '\uffff',
];

function anyValue(random: () => number, depth: number): unknown {
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)];
  const kind = Math.floor(random() * (depth > 0 ? 8 : 6));
  if (kind === 0) return pick([null, true, false, undefined]);
  if (kind === 1) return pick(numbers);
  if (kind === 2) return (random() - 0.5) * 10 ** Math.floor(random() * 40 - 20);
  if (kind === 3) return pick([new Date(0), Number.NaN, Number.POSITIVE_INFINITY]);
  if (kind <= 5) return `${pick(texts)}${pick(texts)}`;
  const size = Math.floor(random() * 5);
  const members = Array.from({ length: size }, () => anyValue(random, depth - 1));
  if (kind === 6) return members;
  return Object.fromEntries(
    members.map((member, index) => [`${pick(['b', '__proto__', 'A', ...texts])}${index}`, member]),
  );
}

t.test('any JSON has the same text after Postgres has kept it', async (t) => {
  const trail = await openTrail(t);
  const tenantId = newId();
  const random = randomFrom(20_260_101);
  const values = Array.from({ length: 300 }, () => ({
    value: anyValue(random, 4),
    again: anyValue(random, 1),
  }));
  await trail.db.withTenant(tenantId, async (tx) => {
    for (const before of values) {
      await writeAudit(trail, tx, callFor(tenantId), {
        action: 'thing.changed',
        resourceType: 'thing',
        resourceId: 'half \ud800 of a pair',
        before,
        after: { before },
      });
    }
  });
  const report = await verifyChain(trail, tenantId, { limit: 1_000 });
  t.match(report, { entries: 300, problem: null });
});

t.test('the text of a value does not depend on the order of its members', async (t) => {
  t.equal(
    canonicalJson({ b: [1, { d: null, c: 'x' }], a: -0 }),
    '{"a":0,"b":[1,{"c":"x","d":null}]}',
  );
  const nested = JSON.parse('{"__proto__": {"b": 1, "a": 2}, "A": 1e21}');
  t.equal(canonicalJson(nested), '{"A":1e+21,"__proto__":{"a":2,"b":1}}');
});
