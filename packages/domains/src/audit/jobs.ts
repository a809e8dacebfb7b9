import { Type } from '@sinclair/typebox';
import { defineJob } from '@trellis/queue/define-job';

export const keepAuditPartitions = defineJob({
  name: 'audit.keep-partitions',
  queue: 'cleanup',
  payload: Type.Object({}),
  everyMs: 86_400_000,
});

export const anchorAuditHeads = defineJob({
  name: 'audit.anchor-heads',
  queue: 'default',
  payload: Type.Object({}),
  everyMs: 3_600_000,
});
