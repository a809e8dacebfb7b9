import { type RenderedMail, renderLetter } from '../letter.ts';
import type { Mails } from '../mails.ts';
import { typed } from '../plain.ts';

export function webhookDisabled(values: Mails['webhook-disabled']): RenderedMail {
  const tenant = typed(values.tenantName);
  return renderLetter({
    subject: `A webhook of ${tenant} was disabled`,
    parts: [
      'Hello,',
      `A webhook of ${tenant} was disabled, and gets no more events.`,
      {
        facts: [
          ['Its address', values.url],
          ['Why', values.reason],
        ],
      },
      'Once its endpoint takes events again, enable it: set its isActive to true.',
    ],
  });
}
