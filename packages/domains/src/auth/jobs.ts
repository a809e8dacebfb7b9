import { Type } from '@sinclair/typebox';
import { defineJob } from '@trellis/queue/define-job';

export const removeEndedSessions = defineJob({
  name: 'auth.remove-ended-sessions',
  queue: 'cleanup',
  payload: Type.Object({}),
  everyMs: 3_600_000,
});

/** Of mailed links. */
export const removeExpiredTokens = defineJob({
  name: 'auth.remove-expired-tokens',
  queue: 'cleanup',
  payload: Type.Object({}),
  everyMs: 3_600_000,
});

/** Of those who guessed passwords long ago. */
export const removeExpiredThrottles = defineJob({
  name: 'auth.remove-expired-throttles',
  queue: 'cleanup',
  payload: Type.Object({}),
  everyMs: 3_600_000,
});

/** Mails a link to the person of an address, if there is one. */
export const sendPasswordReset = defineJob({
  name: 'auth.send-password-reset',
  queue: 'default',
  payload: Type.Object({
    /** JSON, sealed. */
    request: Type.String(),
  }),
});
