import { Type } from '@sinclair/typebox';
import { defineJob } from '@trellis/queue/define-job';

export const removeExpiredInvitations = defineJob({
  name: 'invitations.remove-expired',
  queue: 'cleanup',
  payload: Type.Object({}),
  everyMs: 3_600_000,
});
