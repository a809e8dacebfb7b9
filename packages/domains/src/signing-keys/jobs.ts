import { Type } from '@sinclair/typebox';
import { defineJob } from '@trellis/queue/define-job';

export const rotateSigningKeys = defineJob({
  name: 'signing-keys.rotate',
  queue: 'cleanup',
  payload: Type.Object({}),
  everyMs: 3_600_000,
});
