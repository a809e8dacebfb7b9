import { createSecretBox, parseKeys } from '@trellis/core/secret-box';
import t from 'tap';

const keyOf = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString('base64')}`;
const box = createSecretBox(keyOf('k1', 1));

t.test('what was sealed opens again, and looks different each time', async (t) => {
  for (const plain of ['', 'whsec_abc', 'é😀\0\n', 'a'.repeat(100_000), 'a.b.c']) {
    const [one, other] = [box.seal(plain), box.seal(plain)];
    t.equal(box.open(one), plain);
    t.not(one, other, 'the nonce is new each time');
    t.match(one, /^k1(\.[\w-]*){3}$/);
  }
});

t.test('what was altered does not open', async (t) => {
  const sealed = box.seal('a secret');
  const [id = '', nonce = '', body = '', tag = ''] = sealed.split('.');
  const flip = (text: string) => {
    const bytes = Buffer.from(text, 'base64url');
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    return bytes.toString('base64url');
  };
  const short = (text: string, bytes: number) =>
    Buffer.from(text, 'base64url').subarray(0, bytes).toString('base64url');
  const altered: Record<string, string> = {
    'another nonce': [id, flip(nonce), body, tag].join('.'),
    'another body': [id, nonce, flip(body), tag].join('.'),
    'another tag': [id, nonce, body, flip(tag)].join('.'),
    'a shorter body': [id, nonce, short(body, 4), tag].join('.'),
    'a tag of four bytes': [id, nonce, body, short(tag, 4)].join('.'),
    'a tag of twelve bytes': [id, nonce, body, short(tag, 12)].join('.'),
    'no tag': [id, nonce, body].join('.'),
    'no nonce': [id, '', body, tag].join('.'),
    'the parts of another': [id, box.seal('b').split('.')[1], body, tag].join('.'),
    'a key that is not there': ['k9', nonce, body, tag].join('.'),
    'plain text': 'a secret',
    nothing: '',
  };
  for (const [what, text] of Object.entries(altered)) t.throws(() => box.open(text), what);
  t.throws(() => createSecretBox(keyOf('k1', 2)).open(sealed), 'the same id, another key');
});

t.test('after a rotation the new key seals, and both open', async (t) => {
  const rotated = createSecretBox(`${keyOf('k2', 2)},${keyOf('k1', 1)}`);
  const old = box.seal('from before');
  t.equal(rotated.open(old), 'from before');
  t.match(rotated.seal('new'), /^k2\./);
  t.throws(() => box.open(rotated.seal('new')), 'the old one alone does not know it');
  t.throws(() => createSecretBox(keyOf('k2', 2)).open(old), /no key "k1"/);
  t.ok(rotated.verify('token', 'message', box.sign('token', 'message')));
});

t.test('a signature is of one purpose, one message and one key', async (t) => {
  const signature = box.sign('token', 'message');
  t.equal(box.sign('token', 'message'), signature, 'always the same');
  t.ok(box.verify('token', 'message', signature));
  t.notOk(box.verify('cookie', 'message', signature));
  t.notOk(box.verify('token', 'Message', signature));
  t.notOk(createSecretBox(keyOf('k1', 2)).verify('token', 'message', signature));
  for (const wrong of ['', 'k1', 'k1.', 'k9.abc', signature.slice(0, -2), `${signature}AA`]) {
    t.notOk(box.verify('token', 'message', wrong), JSON.stringify(wrong));
  }
});

t.test('each purpose has a key of its own, from each key of the setting', async (t) => {
  const both = createSecretBox(`${keyOf('k2', 2)},${keyOf('k1', 1)}`);
  t.same([...both.deriveAll('access-token').keys()], ['k2', 'k1'], 'the newest first');
  const derived = (purpose: string) => both.deriveAll(purpose).get('k1');
  t.equal(derived('access-token')?.length, 32);
  t.same(derived('access-token'), box.deriveAll('access-token').get('k1'));
  t.notSame(derived('access-token'), derived('seal'));
  t.notSame(derived('access-token'), both.deriveAll('access-token').get('k2'));
  t.notSame(derived('seal'), Buffer.alloc(32, 1), 'never the key itself');
});

t.test('keys that are none are refused with what is wrong', async (t) => {
  t.throws(() => parseKeys('k1:abc'), { message: 'key "k1" must be 32 bytes of base64' });
  t.throws(() => parseKeys(Buffer.alloc(32).toString('base64')), /each key needs an id/);
  t.throws(() => parseKeys(`${keyOf('k1', 1)},`), /each key needs an id/);
  t.throws(() => parseKeys(keyOf('k 1', 1)), /each key needs an id/);
  const twice = [keyOf('k1', 1), keyOf('k2', 2), keyOf('k1', 3)].join(',');
  t.throws(() => parseKeys(twice), { message: 'two keys have the id "k1"' });
});
