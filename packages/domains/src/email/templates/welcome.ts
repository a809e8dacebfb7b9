import { type RenderedMail, renderLetter } from '../letter.ts';
import type { Mails } from '../mails.ts';
import { typed } from '../plain.ts';

export function welcome({ name, tenantName, link }: Mails['welcome']): RenderedMail {
  return renderLetter({
    subject: 'Welcome: confirm your e-mail address',
    parts: [
      `Hello ${typed(name)},`,
      `somebody signed up with this address, gave the name ${typed(name)} and set up ${typed(tenantName)}. If that was you, please confirm the address:`,
      { link, label: 'Confirm the address' },
      'To confirm means that the account is yours, and that whoever knows the password which was chosen at sign-up may use it.',
      'If it was not you, do not confirm. You can ignore this mail.',
    ],
  });
}
