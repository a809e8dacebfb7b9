import { Type } from '@sinclair/typebox';
import { defineJob } from '@trellis/queue/define-job';

export const removeEndedSessions = defineJob({
  name: 'auth.remove-ended-sessions',
  queue: 'cleanup',
  payload: Type.Object({}),
  everyMs: 3_600_000,
});
