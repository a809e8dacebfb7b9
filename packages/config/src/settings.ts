import { type Static, type TObject, Type } from '@sinclair/typebox';

/** Every setting of the platform, by concern. The docs and .env.example are generated from here. */

const port = (description: string, value: number) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: value, description });
const milliseconds = (description: string, value: number, maximum = 600_000) =>
  Type.Integer({ minimum: 1, maximum, default: value, description });
const seconds = (description: string, value: number, maximum: number, minimum = 1) =>
  Type.Integer({ minimum, maximum, default: value, description });
const count = (description: string, value: number, maximum = 10_000) =>
  Type.Integer({ minimum: 1, maximum, default: value, description });

export const commonSettings = Type.Object({
  DATABASE_URL: Type.String({
    pattern: '^postgres(ql)?://',
    format: 'complete-url',
    description:
      'Postgres, as the role of the API and the worker. That role owns nothing and cannot bypass row-level security.',
    examples: ['postgres://trellis:secret@localhost:5432/trellis'],
  }),
  DATABASE_POOL_MAX: Type.Integer({
    minimum: 2,
    maximum: 500,
    default: 10,
    description:
      'Postgres connections of one process, in two pools; one more listens for changes, and without Redis a few more serve the queues.',
  }),
  DATABASE_STATEMENT_TIMEOUT_MS: milliseconds(
    'Postgres ends a statement that runs longer.',
    15_000,
  ),
  REDIS_URL: Type.Optional(
    Type.String({
      pattern: '^rediss?://',
      format: 'complete-url',
      description:
        'Redis or Valkey: what lets several processes share queues, caches and limits. Without it the platform runs on Postgres alone.',
      examples: ['redis://localhost:6379'],
    }),
  ),
  REDIS_PREFIX: Type.String({
    default: 'trellis',
    pattern: '^[A-Za-z0-9:_-]{1,64}$',
    description: 'First part of every Redis key, so that installations can share one server.',
  }),
  REDIS_COMMAND_TIMEOUT_MS: milliseconds(
    'A Redis command that takes longer counts as failed; the platform goes on without Redis.',
    500,
    60_000,
  ),
  SECRET_KEY: Type.String({
    pattern: '^[A-Za-z0-9_-]{1,32}:[A-Za-z0-9+/]{43}=(,[A-Za-z0-9_-]{1,32}:[A-Za-z0-9+/]{43}=)*$',
    description:
      'Keys for encryption at rest and for tokens: `id:base64 of 32 bytes`, newest first, separated by commas. All of them open, the first one seals.',
    examples: ['k1:<output of: openssl rand -base64 32>'],
  }),
  LOG_LEVEL: Type.Union(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map((level) =>
      Type.Literal(level),
    ),
    { default: 'info', description: 'The least severe level that is logged.' },
  ),
  SHUTDOWN_TIMEOUT_MS: milliseconds(
    'After SIGTERM, how long running requests and jobs may take to end.',
    9_000,
  ),
  STORAGE_URL: Type.String({
    default: 'file:./files',
    format: 'storage',
    description:
      'Where files are kept: `file:` and a folder that the API and the worker share, or `s3://KEY:SECRET@bucket/prefix?region=…&endpoint=…`. Without `KEY:SECRET@` the usual sources of AWS credentials are asked; `endpoint` is for other services than AWS.',
    examples: ['file:/var/lib/trellis/files', 's3://bucket?region=eu-central-1'],
  }),
  STORAGE_TIMEOUT_MS: milliseconds(
    'One request to an object store elsewhere; it is tried three times.',
    30_000,
  ),
  WEBHOOK_ALLOW_CIDRS: Type.String({
    default: '',
    format: 'address-ranges',
    description:
      'Address ranges that webhooks may reach although they are private, separated by commas. `pnpm start` opens loopback.',
    examples: ['127.0.0.0/8,::1/128'],
  }),
});

export const apiSettings = Type.Composite([
  commonSettings,
  Type.Object({
    HOST: Type.String({ default: '127.0.0.1', description: 'Address that the API listens on.' }),
    PORT: port('TCP port of the API; 0 picks a free one.', 3000),
    PUBLIC_URL: Type.Optional(
      Type.String({
        pattern: '^https?://',
        format: 'complete-url',
        description: 'Where clients reach the API; used in links and in the OpenAPI document.',
        examples: ['https://api.example.com'],
      }),
    ),
    APP_URL: Type.Optional(
      Type.String({
        pattern: '^https?://',
        format: 'complete-url',
        description:
          'Where the links in mails lead: your app, with the pages /verify-email, /reset-password and /accept-invitation. Without it they lead to plain pages that the API serves.',
        examples: ['https://app.example.com'],
      }),
    ),
    TRUST_PROXY: Type.String({
      default: '',
      format: 'proxies',
      description:
        'Addresses or ranges of the proxies whose `X-Forwarded-For` is believed, separated by commas.',
      examples: ['10.0.0.0/8'],
    }),
    CORS_ORIGINS: Type.String({
      default: '',
      format: 'origins',
      description: 'Origins that browsers may call from, separated by commas. Empty: none.',
      examples: ['https://app.example.com'],
    }),
    LOG_REQUESTS: Type.Union([Type.Literal('failed'), Type.Literal('all')], {
      default: 'failed',
      description: 'Which requests are logged when they end: those with status 400 and up, or all.',
    }),
    BODY_LIMIT_BYTES: Type.Integer({
      minimum: 1_024,
      maximum: 100 * 1_048_576,
      default: 1_048_576,
      description: 'Largest body of a JSON request.',
    }),
    REQUEST_TIMEOUT_MS: milliseconds(
      'A request must have arrived whole by then, unless it uploads a file.',
      30_000,
    ),
    HEADERS_TIMEOUT_MS: milliseconds('The headers of a request must have arrived by then.', 10_000),
    KEEP_ALIVE_TIMEOUT_MS: milliseconds('An idle connection is closed after this.', 72_000),
    ACCESS_TOKEN_ALGORITHM: Type.Union([Type.Literal('ES256'), Type.Literal('HS256')], {
      default: 'ES256',
      description:
        'How access tokens are signed: `ES256` with rotating keys that other services read at /.well-known/jwks.json, `HS256` with a key of SECRET_KEY.',
    }),
    ACCESS_TOKEN_TTL_SECONDS: Type.Integer({
      minimum: 10,
      maximum: 86_400,
      default: 900,
      description: 'Life of an access token.',
    }),
    SESSION_TTL_SECONDS: Type.Integer({
      minimum: 60,
      maximum: 31_536_000,
      default: 2_592_000,
      description: 'A session that was not refreshed for this long ends.',
    }),
    REFRESH_GRACE_SECONDS: Type.Integer({
      minimum: 0,
      maximum: 300,
      default: 10,
      description:
        'For this long after a rotation the refresh token before it still gets the current one, so that parallel tabs do not log each other out.',
    }),
    SESSIONS_MAX: count(
      'Sessions that one person has at a time in one tenant; one more ends the oldest.',
      100,
    ),
    LOGIN_FAILURES_FREE: count(
      'Wrong passwords, and apart from them wrong codes, for one account before the next try has to wait. For one address it is ten times as many, and as many requests for a link.',
      5,
      1_000,
    ),
    LOGIN_DELAY_MAX_SECONDS: seconds(
      'The wait doubles with each further wrong password, from 1 s up to this.',
      900,
      86_400,
    ),
    VERIFY_EMAIL_TTL_SECONDS: seconds(
      'How long a link that verifies an e-mail address works.',
      86_400,
      2_592_000,
    ),
    RESET_PASSWORD_TTL_SECONDS: seconds(
      'How long a link that resets a password works.',
      3_600,
      86_400,
    ),
    MFA_ISSUER: Type.String({
      default: 'Trellis',
      pattern: '^[^:\\p{Cc}]{1,64}$',
      description: 'What authenticator apps call the platform beside the codes of a person.',
      examples: ['Example'],
    }),
    ROLES_MAX: count('Roles that one tenant can have, system roles included.', 200),
    API_KEYS_MAX: count('API keys that one tenant can have, expired ones included.', 100),
    INVITATION_TTL_SECONDS: seconds('How long an invitation can be accepted.', 604_800, 7_776_000),
    INVITATIONS_PER_HOUR_MAX: count('Invitations that one tenant can mail in an hour.', 100),
    FILE_SIZE_MAX_BYTES: Type.Integer({
      minimum: 1,
      maximum: 5_497_558_138_880,
      default: 5_368_709_120,
      description: 'Largest file that can be uploaded; the storage of the plan may allow less.',
    }),
    UPLOAD_IDLE_TIMEOUT_MS: milliseconds(
      'An upload that sends nothing for this long ends.',
      30_000,
    ),
    FILE_LINK_TTL_SECONDS_MAX: seconds(
      'The longest that a signed link to a file can be asked to work.',
      604_800,
      31_536_000,
    ),
  }),
]);

export const workerSettings = Type.Composite([
  commonSettings,
  Type.Object({
    WORKER_HOST: Type.String({
      default: '127.0.0.1',
      description: 'Address that the health port of the worker listens on.',
    }),
    WORKER_PORT: port('Health port of the worker; 0 picks a free one.', 3001),
    WEBHOOK_CONCURRENCY: count('Deliveries that one worker has in flight.', 200, 5_000),
    WEBHOOK_CONCURRENCY_PER_TENANT: count('… of which for one tenant.', 100, 5_000),
    WEBHOOK_CONCURRENCY_PER_ENDPOINT: count('… of which to one subscription.', 50, 5_000),
    WEBHOOK_TIMEOUT_MS: milliseconds(
      'One deadline for a whole delivery: connect, headers and body.',
      15_000,
      60_000,
    ),
    WEBHOOK_SWEEP_MS: milliseconds(
      'How often a worker looks for due deliveries that nobody rang for.',
      1_000,
      30_000,
    ),
    SMTP_URL: Type.Optional(
      Type.String({
        pattern: '^smtps?://',
        format: 'complete-url',
        description: 'Where mail is handed over. Without it no mail is sent.',
        examples: ['smtp://user:secret@localhost:587'],
      }),
    ),
    MAIL_FROM: Type.String({
      default: 'Trellis <no-reply@trellis.local>',
      maxLength: 320,
      description: 'The sender of all mail.',
    }),
    SMTP_TIMEOUT_MS: milliseconds(
      'A message that the mail server has not taken by then is tried again later.',
      30_000,
      300_000,
    ),
    SIGNING_KEY_DAYS: count(
      'How many days one key signs access tokens before the next one does.',
      30,
      3_650,
    ),
    AUDIT_RETENTION_MONTHS: count(
      'Whole months for which the audit trail is kept, for all tenants.',
      24,
      1_200,
    ),
    EMAIL_CONCURRENCY: count('E-mail jobs that one worker runs at a time.', 5, 500),
    CLEANUP_CONCURRENCY: count('Clean-up jobs that one worker runs at a time.', 2, 100),
    JOB_CONCURRENCY: count('Other jobs that one worker runs at a time.', 5, 500),
    JOB_RELAY_MS: milliseconds(
      'How often a worker looks for committed jobs that are not in the queue.',
      5_000,
      60_000,
    ),
  }),
]);

export const setupSettings = Type.Object({
  DATABASE_URL: commonSettings.properties.DATABASE_URL,
  DATABASE_OWNER_URL: Type.String({
    pattern: '^postgres(ql)?://',
    format: 'complete-url',
    description:
      'Postgres, as the role that owns the schema and runs the migrations. Needs CREATEROLE; used by the setup step alone.',
    examples: ['postgres://trellis_owner:secret@localhost:5432/trellis'],
  }),
  SECRET_KEY: commonSettings.properties.SECRET_KEY,
  ADMIN_EMAIL: Type.String({
    default: 'admin@trellis.local',
    pattern: '^[^@\\s]+@[^@\\s]+$',
    description: 'E-mail of the platform administrator made at the first start.',
  }),
  ADMIN_PASSWORD: Type.Optional(
    Type.String({
      minLength: 12,
      description: 'Its password. Generated and printed once when it is not given.',
    }),
  ),
});

export type CommonSettings = Static<typeof commonSettings>;
export type ApiSettings = Static<typeof apiSettings>;
export type WorkerSettings = Static<typeof workerSettings>;
export type SetupSettings = Static<typeof setupSettings>;

/** For the generators of the docs: which program reads which settings. */
export const settingGroups: Record<string, TObject> = {
  'API and worker': commonSettings,
  API: Type.Omit(apiSettings, Type.KeyOf(commonSettings)),
  Worker: Type.Omit(workerSettings, Type.KeyOf(commonSettings)),
  Setup: Type.Omit(setupSettings, Type.KeyOf(commonSettings)),
};
