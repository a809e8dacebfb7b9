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
});

const secrets = readLines('secrets');
const find = createSecretFinder(secrets);

for (const kind of ['log', 'audit'] as const) {
  t.test(`no password, token, key or secret of the whole run stands in the ${kind}`, async (t) => {
    const texts = readEvidence(kind);
    t.ok(secrets.size > 100, 'secrets were collected');
    t.ok(texts.join('').length > 10_000, 'there is something to look at');
    for (const text of texts) {
      for (const line of text.split('\n')) {
        const found = find(line);
        if (found.length > 0) t.fail(`${found[0]} stands in: ${line.slice(0, 2_000)}`);
      }
    }
  });
}
