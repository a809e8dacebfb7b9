import { Type } from '@sinclair/typebox';
import { defineJob } from '@trellis/queue/define-job';

/** One message to one person; ask for it with `sendMail`. */
export const sendEmail = defineJob({
  name: 'email.send',
  queue: 'email',
  payload: Type.Object({
    to: Type.String(),
    template: Type.String(),
    /** JSON, sealed. */
    values: Type.String(),
    /** ISO 8601; a message that nobody has taken by then is dropped. */
    expiresAt: Type.Optional(Type.String()),
  }),
  // The waits add up to about a day: a mail server may be away for a night.
  attempts: 36,
});
