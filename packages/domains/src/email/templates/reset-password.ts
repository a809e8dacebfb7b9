import { type RenderedMail, renderLetter } from '../letter.ts';
import type { Mails } from '../mails.ts';
import { typed } from '../plain.ts';

export function resetPassword({ name, link, ip }: Mails['reset-password']): RenderedMail {
  return renderLetter({
    subject: 'Reset your password',
    parts: [
      `Hello ${typed(name)},`,
      'Somebody asked to reset the password of your account. To choose a new one:',
      { link, label: 'Choose a new password' },
      'The link works once and for a limited time.',
      { facts: [['Asked for from the address', ip ?? 'unknown']] },
      'If it was not you, ignore this mail: your password stays as it is.',
    ],
  });
}
