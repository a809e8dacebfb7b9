import { Type } from '@sinclair/typebox';
import { defineJob } from '@trellis/queue/define-job';

export const removeOldKeys = defineJob({
  name: 'idempotency.remove-old-keys',
  queue: 'cleanup',
  payload: Type.Object({}),
  everyMs: 3_600_000,
});
