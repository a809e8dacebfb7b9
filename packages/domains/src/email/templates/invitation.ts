import { type RenderedMail, renderLetter } from '../letter.ts';
import type { Mails } from '../mails.ts';
import { moment, typed } from '../plain.ts';

export function invitation(values: Mails['invitation']): RenderedMail {
  const { inviter, tenantName, link, expiresAt } = values;
  const tenant = typed(tenantName);
  const invites = inviter === null ? 'You are invited' : `${typed(inviter)} invites you`;
  return renderLetter({
    subject: `Invitation to ${tenant}`,
    parts: [
      'Hello,',
      `${invites} to join ${tenant}.`,
      { link, label: 'Accept the invitation' },
      { facts: [['It can be accepted until', moment(expiresAt)]] },
      'If you do not know them, ignore this mail.',
    ],
  });
}
