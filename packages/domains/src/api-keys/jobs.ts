import { Type } from '@sinclair/typebox';
import { defineJob } from '@trellis/queue/define-job';

export const removeExpiredKeys = defineJob({
  name: 'api-keys.remove-expired-keys',
  queue: 'cleanup',
  payload: Type.Object({}),
  everyMs: 3_600_000,
});
