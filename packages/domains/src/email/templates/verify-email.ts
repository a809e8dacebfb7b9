import { type RenderedMail, renderLetter } from '../letter.ts';
import type { Mails } from '../mails.ts';
import { typed } from '../plain.ts';

export function verifyEmail({ name, tenantName, link }: Mails['verify-email']): RenderedMail {
  return renderLetter({
    subject: 'Confirm your e-mail address',
    parts: [
      `Hello ${typed(name)},`,
      `somebody with the name ${typed(name)} uses ${typed(tenantName)} with this address, and asked for this mail. If that was you, please confirm the address:`,
      { link, label: 'Confirm the address' },
      'To confirm means that the account is yours, and that whoever knows its password may use it. The link works once and for a limited time.',
      'If it was not you, do not confirm. You can ignore this mail.',
    ],
  });
}
