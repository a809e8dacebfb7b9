import { type Static, Type } from '@sinclair/typebox';
import { commonSettings } from './common.ts';
import { count, milliseconds, port } from './kinds.ts';

/** One to twenty numbers of at most a week. */
const retrySchedule = '^[1-9][0-9]{0,5}(,[1-9][0-9]{0,5}){0,19}$';

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
    WEBHOOK_RETRY_SECONDS: Type.String({
      default: '5,10,20,40,80',
      pattern: retrySchedule,
      description:
        'Seconds from each attempt of a delivery to the next, separated by commas; each is spread by ±20 %.',
    }),
    WEBHOOK_RETRY_TAIL_SECONDS: Type.String({
      default: '300,1800,7200,18000,36000,36000',
      pattern: retrySchedule,
      description: 'The same behind these, for plans with `retryTail`.',
    }),
    WEBHOOK_CIRCUIT_FAILURES: count(
      'Attempts that failed in a row, over all workers, after which an endpoint is only probed.',
      50,
      100_000,
    ),
    WEBHOOK_CIRCUIT_PROBE_MS: milliseconds(
      'How often such an endpoint gets one delivery as a probe, until one succeeds.',
      15_000,
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

export type WorkerSettings = Static<typeof workerSettings>;
