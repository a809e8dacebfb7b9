import { Type } from '@sinclair/typebox';
import { defineJob } from '@trellis/queue/define-job';

export const removeOldFailures = defineJob({
  name: 'jobs.remove-old-failures',
  queue: 'cleanup',
  payload: Type.Object({}),
  everyMs: 3_600_000,
});
