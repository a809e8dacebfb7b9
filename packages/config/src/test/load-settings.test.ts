import t from 'tap';
import { loadSettings, parseList, SettingError } from '../load-settings.ts';
import { apiSettings } from '../settings.ts';

const valid = {
  DATABASE_URL: 'postgres://app@localhost/trellis',
  SECRET_KEY: `k1:${Buffer.alloc(32).toString('base64')}`,
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

t.test('never shows the value of a secret', async (t) => {
  try {
    loadSettings(apiSettings, { ...valid, SECRET_KEY: 'hunter2' });
    t.fail('should have thrown');
  } catch (error) {
    t.ok(error instanceof SettingError);
    t.notMatch(String(error), 'hunter2');
  }
});

t.test('splits lists', async (t) => {
  t.same(parseList(' a, b ,,'), ['a', 'b']);
  t.same(parseList(''), []);
});
