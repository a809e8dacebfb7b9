import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import t from 'tap';
import { createSecret, secretHint, signatureHeader } from '../../delivery/sign.ts';

const vectors = [
  {
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestampSeconds: 1614265330,
    body: '{"test": 2432232314}',
    signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
  {
    secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
    id: 'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk',
    timestampSeconds: 1649367553,
    body: '{"email":"test@example.com","username":"test_user"}',
    signature: 'v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=',
  },
];

t.test('the vectors of Standard Webhooks, as text and as bytes', async (t) => {
  for (const { secret, signature, body, ...rest } of vectors) {
    t.equal(signatureHeader({ ...rest, body, secrets: [secret] }), signature);
    t.equal(signatureHeader({ ...rest, body: Buffer.from(body), secrets: [secret] }), signature);
  }
});

t.test('the libraries that receivers use verify each secret of a rotation', async (t) => {
  const [older, newer] = [createSecret(), createSecret()];
  const body = '{"type":"user.created","data":{"name":"Zoë 🦜"}}';
  const timestampSeconds = Math.floor(Date.now() / 1000);
  const header = signatureHeader({ id: 'msg_1', timestampSeconds, body, secrets: [newer, older] });
  t.match(header, /^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/);
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': header,
  };
  for (const secret of [older, newer]) {
    t.same(new StandardWebhook(secret).verify(body, headers), JSON.parse(body));
    t.doesNotThrow(() => new SvixWebhook(secret).verify(body, headers));
  }
  t.throws(() => new StandardWebhook(createSecret()).verify(body, headers));
  t.throws(() => new SvixWebhook(older).verify(`${body} `, headers));
});

t.test('a new secret is 32 random bytes and its hint shows four characters', async (t) => {
  const secret = createSecret();
  t.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  t.not(secret, createSecret());
  t.equal(secretHint(secret), `whsec_…${secret.slice(-5, -1)}`);
});

t.test('what cannot be signed safely is refused without showing the secret', async (t) => {
  const input = { id: 'msg_1', timestampSeconds: 1, body: '', secrets: [createSecret()] };
  t.throws(() => signatureHeader({ ...input, id: 'msg.1' }), /dot/);
  t.throws(() => signatureHeader({ ...input, secrets: [] }), /at least one/);
  for (const secret of ['whsec_c2hvcnQ=', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', '']) {
    t.throws(() => signatureHeader({ ...input, secrets: [secret] }), {
      message: 'a signing secret must be "whsec_" and base64 of 24 to 64 bytes',
    });
  }
});

t.test('more secrets than the cache holds still sign correctly', async (t) => {
  for (let i = 0; i < 10_050; i += 1) {
    signatureHeader({ id: 'msg_1', timestampSeconds: 1, body: '', secrets: [createSecret()] });
  }
  for (const { secret, signature, ...rest } of vectors) {
    t.equal(signatureHeader({ ...rest, secrets: [secret] }), signature);
  }
});
