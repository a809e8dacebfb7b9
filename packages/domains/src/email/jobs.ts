import { Type } from '@sinclair/typebox';
import { defineJob } from '@trellis/queue/define-job';

/** One message to one person. */
export const sendEmail = defineJob({
  name: 'email.send',
  queue: 'email',
  payload: Type.Object({
    to: Type.String(),
    subject: Type.String(),
    text: Type.String(),
  }),
});
