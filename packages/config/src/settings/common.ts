import { type Static, Type } from '@sinclair/typebox';
import { milliseconds } from './kinds.ts';

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
    format: 'keys',
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
  METRICS_TOKEN: Type.Optional(
    Type.String({
      minLength: 16,
      maxLength: 256,
      pattern: '^[\\x21-\\x7e]+$',
      description:
        '`GET /metrics` asks for it as a bearer token. Without it only callers on the same machine get an answer.',
    }),
  ),
  WEBHOOK_ALLOW_CIDRS: Type.String({
    default: '',
    format: 'address-ranges',
    description:
      'Address ranges that webhooks may reach although they are private, separated by commas. `pnpm start` opens loopback.',
    examples: ['127.0.0.0/8,::1/128'],
  }),
  WEBHOOK_DNS_SERVERS: Type.String({
    default: '',
    format: 'name-servers',
    description:
      'DNS servers that are asked for the hosts of webhooks, separated by commas. Without it those of the system.',
    examples: ['9.9.9.9,[2620:fe::fe]:53'],
  }),
});

export type CommonSettings = Static<typeof commonSettings>;
