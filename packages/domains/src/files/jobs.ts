import { Type } from '@sinclair/typebox';
import { defineJob } from '@trellis/queue/define-job';

/** The content of a file that was deleted; tried for days, in case the store is away. */
export const removeObject = defineJob({
  name: 'files.remove-object',
  queue: 'cleanup',
  payload: Type.Object({ storageKey: Type.String() }),
  attempts: 60,
});

export const removeStaleUploads = defineJob({
  name: 'files.remove-stale-uploads',
  queue: 'cleanup',
  payload: Type.Object({}),
  everyMs: 300_000,
});

export const removeOrphans = defineJob({
  name: 'files.remove-orphans',
  queue: 'cleanup',
  payload: Type.Object({}),
  everyMs: 86_400_000,
});
