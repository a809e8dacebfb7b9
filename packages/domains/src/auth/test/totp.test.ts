import t from 'tap';
import { hashRecoveryCode, newRecoveryCodes } from '../second-factor/recovery-code.ts';
import { newTotpSecret, totpStep, totpUri } from '../second-factor/totp.ts';

/** The test vectors of RFC 6238, appendix B, cut to six digits: Unix seconds and code. */
const vectors: [number, string][] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
];
/** The ASCII text 12345678901234567890, in base32. */
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const at = (seconds: number) => new Date(seconds * 1_000);

t.test('codes are those of RFC 6238, one step early or late', async (t) => {
  for (const [seconds, code] of vectors) {
    const step = Math.floor(seconds / 30);
    for (const steps of [-1, 0, 1]) {
      t.equal(totpStep(secret, code, at(seconds + steps * 30)), step);
    }
    for (const steps of [-2, 2]) {
      t.equal(totpStep(secret, code, at(seconds + steps * 30)), undefined);
    }
  }
});

t.test('what is no code of the secret has no step', async (t) => {
  const now = at(59);
  for (const code of [
    '287083',
    '28708',
    '2870820',
    '',
    'abcdef',
    '94287082',
    '２８７０８２',
    '\ud800'.repeat(6),
  ]) {
    t.equal(totpStep(secret, code, now), undefined);
  }
  t.equal(totpStep(newTotpSecret(), '287082', now), undefined);
});

t.test('a secret has 160 random bits, and the URI tells an app all that it needs', async (t) => {
  const secrets = new Set(Array.from({ length: 100 }, newTotpSecret));
  t.equal(secrets.size, 100);
  for (const one of secrets) t.match(one, /^[A-Z2-7]{32}$/);
  const uri = new URL(totpUri(secret, { issuer: 'Example Ltd', label: 'ada+1@example.com' }));
  t.equal(uri.protocol, 'otpauth:');
  t.equal(uri.host, 'totp');
  t.equal(decodeURIComponent(uri.pathname), '/Example Ltd:ada+1@example.com');
  t.same(Object.fromEntries(uri.searchParams), {
    issuer: 'Example Ltd',
    secret,
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  });
});

t.test('recovery codes are ten different ones, however they are typed', async (t) => {
  const codes = newRecoveryCodes();
  t.equal(new Set(codes).size, 10);
  for (const code of codes) {
    t.match(code, /^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/);
    const typed = ` ${code.toLowerCase().replaceAll('-', ' ')} `;
    t.equal(hashRecoveryCode(typed), hashRecoveryCode(code));
  }
  t.equal(new Set(codes.map(hashRecoveryCode)).size, 10);
});
