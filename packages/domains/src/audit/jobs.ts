import { Type } from '@sinclair/typebox';
import { defineJob } from '@trellis/queue/define-job';

export const keepAuditPartitions = defineJob({
  name: 'audit.keep-partitions',
  queue: 'cleanup',
  payload: Type.Object({}),
  // Once a month there is something to do; a table that others hold is tried again soon.
  everyMs: 3_600_000,
});

export const anchorAuditHeads = defineJob({
  name: 'audit.anchor-heads',
  queue: 'default',
  payload: Type.Object({}),
  everyMs: 3_600_000,
});
