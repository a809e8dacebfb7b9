import { Type } from '@sinclair/typebox';
import t from 'tap';
import { loadSettings, SettingError } from '../load-settings.ts';
import { parseList } from '../parse-list.ts';
import { apiSettings, setupSettings, workerSettings } from '../settings.ts';

const valid = {
  DATABASE_URL: 'postgres://app@localhost/trellis',
  SECRET_KEY: `k1:${Buffer.alloc(32).toString('base64')}`,
};

const ranges = ['127.0.0.0/8,::1/128', ' 10.0.0.0/8 , fd00::/8', '0.0.0.0/0'];
const badRanges = ['foo', '10.0.0.0', '10.0.0.0/33', '10.0.0/8', '::/129', '10.0.0.0/8/8', '::1/'];
const samples: Record<string, { good: string[]; bad: string[] }> = {
  DATABASE_URL: {
    good: [
      'postgres://u:p%40s@h:5432/x',
      'postgresql://h/x?sslmode=require',
      'postgres:///x?host=/run',
    ],
    bad: ['postgres://u:p@h:notaport/x', 'postgres://u:p@h:65536/x', 'postgres://u:p%zz@h/x'],
  },
  DATABASE_OWNER_URL: {
    good: ['postgres://owner:s@h/x'],
    bad: ['postgres://u:p@h:notaport/x'],
  },
  REDIS_URL: {
    good: ['redis://h:6379', 'rediss://:s@h:6379/1', 'redis://[::1]:6379'],
    bad: ['redis://h:99999', 'redis://a b'],
  },
  SMTP_URL: { good: ['smtp://u:s@h:587'], bad: ['smtp://h:99999'] },
  PUBLIC_URL: {
    good: ['https://api.example.com', 'http://localhost:3000/base'],
    bad: ['https://', 'https://a b', 'https://h:99999', 'api.example.com'],
  },
  WEBHOOK_ALLOW_CIDRS: { good: ranges, bad: badRanges },
  WEBHOOK_DNS_SERVERS: {
    good: ['', '9.9.9.9', '127.0.0.1:5353, [::1]:53', '::1'],
    bad: ['dns.example', '9.9.9', '9.9.9.9:99999', '9.9.9.9;1.1.1.1', 'fe80::/10'],
  },
  TRUST_PROXY: {
    good: ['10.0.0.1', '10.0.0.0/8,::1', 'loopback, uniquelocal', '::ffff:10.0.0.1'],
    bad: ['foo', 'true', '10.0.0.0/0', '10.0.0.0/33', '10.0.0.1:80', 'fe80::1%eth0'],
  },
  CORS_ORIGINS: {
    good: ['https://a.example,http://localhost:5173', 'capacitor://localhost', '*'],
    bad: ['foo', 'a.example', 'https://a.example/', 'https://A.example', 'https://a.example:443'],
  },
  STORAGE_URL: {
    good: [
      'file:./files',
      'file:/srv/files',
      'file:///srv/files',
      's3://bucket',
      's3://KEY:se%2Fcret@bucket/a/b?region=eu-central-1&endpoint=http%3A%2F%2Flocalhost%3A9000',
    ],
    bad: [
      'file:',
      'file://server/share',
      '/srv/files',
      's3://',
      's3://KEY@bucket',
      's3://KEY:%zz@bucket',
      's3://bucket:9000',
      's3://bucket?acl=public',
      's3://bucket?endpoint=localhost',
    ],
  },
};

t.test('reads values, converts numbers and fills in defaults', async (t) => {
  const settings = loadSettings(apiSettings, { ...valid, PORT: '8080', REDIS_URL: '' });
  t.equal(settings.PORT, 8080);
  t.equal(settings.LOG_LEVEL, 'info');
  t.equal(settings.REDIS_URL, undefined, 'an empty value counts as not given');
});

t.test('names a missing setting in one line', async (t) => {
  t.throws(() => loadSettings(apiSettings, { SECRET_KEY: valid.SECRET_KEY }), {
    name: 'SettingError',
    message: /^DATABASE_URL is not set\. [^\n]+$/,
  });
});

t.test('names a bad setting in one line', async (t) => {
  for (const [name, value] of Object.entries({
    PORT: 'eighty',
    LOG_LEVEL: 'loud',
    REDIS_URL: 'http://localhost',
    BODY_LIMIT_BYTES: '1',
    ACCESS_TOKEN_TTL_SECONDS: '999999999',
  })) {
    t.throws(() => loadSettings(apiSettings, { ...valid, [name]: value }), {
      message: new RegExp(`^${name}: [^\\n]+$`),
    });
  }
});

t.test('holds addresses, ranges and origins against what will use them', async (t) => {
  const all = { ...apiSettings.properties, ...workerSettings.properties };
  const schema = Type.Object({ ...all, ...setupSettings.properties });
  const base = { ...valid, DATABASE_OWNER_URL: valid.DATABASE_URL };
  for (const [name, values] of Object.entries(samples)) {
    for (const value of values.good) {
      t.equal(loadSettings(schema, { ...base, [name]: value })[name as 'HOST'], value, value);
    }
    for (const value of values.bad) {
      t.throws(
        () => loadSettings(schema, { ...base, [name]: value }),
        {
          name: 'SettingError',
          message: new RegExp(`^${name}: [^\\n]+ is not valid, it [^\\n]+$`),
        },
        `${name}=${value}`,
      );
    }
  }
});

t.test('two keys with one id stop the boot', async (t) => {
  const keyOf = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString('base64')}`;
  const load = (...keys: string[]) =>
    loadSettings(apiSettings, { ...valid, SECRET_KEY: keys.join() });
  t.ok(load(keyOf('k2', 2), keyOf('k1', 1)));
  t.throws(() => load(keyOf('k1', 2), keyOf('k1', 1)), {
    message: /^SECRET_KEY: its value is not valid, it must have another id for each key\. [^\n]+$/,
  });
});

t.test('never shows the value of a secret', async (t) => {
  for (const secret of [
    { SECRET_KEY: 'hunter2' },
    { DATABASE_URL: 'postgres://app:hunter2@localhost:port/trellis' },
    { REDIS_URL: 'redis://:hunter2@localhost:99999' },
    { PUBLIC_URL: 'https://me:hunter2@' },
  ]) {
    try {
      loadSettings(apiSettings, { ...valid, ...secret });
      t.fail('should have thrown');
    } catch (error) {
      t.ok(error instanceof SettingError);
      t.notMatch(String(error), 'hunter2');
    }
  }
});

t.test('splits lists', async (t) => {
  t.same(parseList(' a, b ,,'), ['a', 'b']);
  t.same(parseList(''), []);
});
