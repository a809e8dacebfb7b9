import t from 'tap';
import { readEvidence, readLines } from './evidence.ts';
import { createSecretFinder } from './find-secrets.ts';

t.test('a secret is found wherever it stands', async (t) => {
  const find = createSecretFinder([
    'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLXRva2Vu',
    'correct horse battery',
    'trl_abcdefgh_0123456789',
  ]);
  t.same(find('{"url":"/reset#token=c2lnbmF0dXJlLW9mLXRva2Vu"}'), [
    'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLXRva2Vu',
  ]);
  t.same(find('password was "correct horse battery".'), ['correct horse battery']);
  t.same(find('x-api-key: trl_abcdefgh_0123456789'), ['trl_abcdefgh_0123456789']);
  t.same(find('eyJhbGciOiJFUzI1NiJ9 alone says nothing'), []);

  await t.test('glued to other characters as well', async (t) => {
    const secret = 'c2lnbmF0dXJlLW9mLXRva2Vu';
    const find = createSecretFinder([secret, 'a "b" c', 'pässword ÿ']);
    const texts = [
      secret,
      `{"err":"params: a,\\n${secret}"}`,
      `{"url":"/x?next=%2Freset%23token%3D${secret}%26"}`,
      `key-${secret}-key`,
      `${secret}${secret}`,
      `x${'y'.repeat(1_000)}${secret}z`,
    ];
    for (const text of texts) t.same(find(text), [secret], text);
    t.same(find(secret.slice(1)), []);
    t.same(find(`${secret.slice(0, -1)}v`), []);
    t.same(find('{"name":"a \\"b\\" c"}'), ['a "b" c']);
    t.same(find('?p=p%C3%A4ssword%20%C3%BF'), ['pässword ÿ']);
  });
});

/** One leak shows in many lines. */
const samplesMax = 20;

const secrets = readLines('secrets');
const find = createSecretFinder(secrets);

for (const kind of ['log', 'audit'] as const) {
  t.test(`no password, token, key or secret of the whole run stands in the ${kind}`, async (t) => {
    const texts = readEvidence(kind);
    t.ok(secrets.size > 100, 'secrets were collected');
    t.ok(texts.join('').length > 10_000, 'there is something to look at');
    const lines = texts.flatMap((text) => text.split('\n')).filter((line) => find(line).length > 0);
    t.equal(lines.length, 0, 'no line holds one');
    for (const line of lines.slice(0, samplesMax)) {
      t.fail(`"${find(line)[0]}" stands in: ${line.slice(0, 1_000)}`);
    }
  });
}
