import { type Static, Type } from '@sinclair/typebox';
import { commonSettings } from './common.ts';
import { count, milliseconds, port, seconds } from './kinds.ts';

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
    RATE_LIMIT: Type.Union([Type.Literal('on'), Type.Literal('off')], {
      default: 'on',
      description: 'Whether requests are limited; `off` where a gateway in front of it does.',
    }),
    RATE_LIMIT_WINDOW_MS: Type.Integer({
      minimum: 640,
      maximum: 3_600_000,
      default: 60_000,
      description:
        'Length of the window that the limits hold for. Plans speak of requests per minute; with another window they get their part of that.',
    }),
    RATE_LIMIT_ADDRESS_PER_MINUTE: count(
      'Requests without a credential that one address (of IPv6 a /64) may make in a minute; as many refreshes, linked downloads and refused requests each, and of log-ins, registrations and requests for a link each a tenth of it.',
      600,
      10_000_000,
    ),
    RATE_LIMIT_CALLER_PERCENT: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 100,
      description: 'The part of the limit of its tenant that one person or API key can use up.',
    }),
    RATE_LIMIT_TIMEOUT_MS: milliseconds(
      'When Redis has not answered by then, this process counts by itself.',
      40,
      10_000,
    ),
    ROLES_MAX: count('Roles that one tenant can have, system roles included.', 200),
    API_KEYS_MAX: count('API keys that one tenant can have, expired ones included.', 100),
    INVITATION_TTL_SECONDS: seconds('How long an invitation can be accepted.', 604_800, 7_776_000),
    EVENT_TYPES_MAX: count('Kinds of events that one tenant can declare.', 200),
    EVENT_DATA_BYTES_MAX: Type.Integer({
      minimum: 1_024,
      maximum: 10_485_760,
      default: 262_144,
      description:
        'Size of the `data` of one event. A worker holds up to six times WEBHOOK_CONCURRENCY of them in memory.',
    }),
    EVENT_SCHEMA_BYTES_MAX: Type.Integer({
      minimum: 256,
      maximum: 262_144,
      default: 32_768,
      description: 'Size of the JSON Schema of one kind of event.',
    }),
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

export type ApiSettings = Static<typeof apiSettings>;
