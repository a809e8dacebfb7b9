import { type Static, Type } from '@sinclair/typebox';
import { Body, Id, moment, Nullable, Timestamp } from '@trellis/http/schemas';

/** What a recovery sends again. */
const Recovers = Type.Union([Type.Literal('failed'), Type.Literal('missing')], {
  description:
    '`failed`: what was given up, or waits for a retry. `missing`: events that fit the subscription now and have no delivery to it, such as those of a time when it was disabled.',
  examples: ['failed'],
});

export const RecoverWebhookBody = Body({
  since: moment('From this moment on; in the past.', '2026-01-31T12:00:00.000Z'),
  until: Type.Optional(
    moment('Up to this moment; later than now is now, as is the default.', '2026-02-01T12:00:00Z'),
  ),
  status: Recovers,
  dryRun: Type.Optional(
    Type.Boolean({ description: 'Counts, and changes nothing.', examples: [true] }),
  ),
});
export type RecoverWebhookBody = Static<typeof RecoverWebhookBody>;

export const RecoveryCountReply = Type.Object(
  {
    count: Type.Integer({ description: 'Deliveries that it would queue.', examples: [42] }),
    isCapped: Type.Boolean({
      description: 'Whether it stopped after a million rows, so that there may be more to queue.',
      examples: [false],
    }),
  },
  { description: 'The answer of a dry run.' },
);
export type RecoveryCountReply = Static<typeof RecoveryCountReply>;

export const RecoveryReply = Type.Object({
  id: Id,
  webhookId: Id,
  recovers: Recovers,
  since: Timestamp,
  until: Timestamp,
  status: Type.Union(
    (['pending', 'running', 'completed', 'failed', 'cancelled'] as const).map((status) =>
      Type.Literal(status),
    ),
    { examples: ['running'] },
  ),
  total: Nullable(
    Type.Integer({
      description: 'Deliveries that there were to queue when it began; null before.',
      examples: [1_284],
    }),
  ),
  queued: Type.Integer({ description: 'Of them, those that it has queued.', examples: [1_000] }),
  createdAt: Timestamp,
  startedAt: Nullable(Timestamp),
  finishedAt: Nullable(Timestamp),
});
export type RecoveryReply = Static<typeof RecoveryReply>;

export const RecoveryParams = Type.Object({ id: Id, recoveryId: Id });
