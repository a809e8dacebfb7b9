import { type RenderedMail, renderLetter } from '../letter.ts';
import type { Mails } from '../mails.ts';
import { moment, typed } from '../plain.ts';

export function securityNotice(values: Mails['security-notice']): RenderedMail {
  const { name, change, at, ip } = values;
  return renderLetter({
    subject: `Security notice: ${change}`,
    parts: [
      `Hello ${typed(name)},`,
      sentence(change),
      {
        facts: [
          ['When', moment(at)],
          ['From the address', ip ?? 'unknown'],
        ],
      },
      'If it was you, there is nothing to do. If it was not, reset your password now, which ends all of your sessions, and tell whoever runs your account.',
    ],
  });
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
