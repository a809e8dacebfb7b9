import type { RenderedMail } from './letter.ts';
import type { Mails, MailTemplate } from './mails.ts';
import { invitation } from './templates/invitation.ts';
import { resetPassword } from './templates/reset-password.ts';
import { securityNotice } from './templates/security-notice.ts';
import { verifyEmail } from './templates/verify-email.ts';
import { webhookDisabled } from './templates/webhook-disabled.ts';
import { welcome } from './templates/welcome.ts';

/** Every mail has its template, or this does not compile. */
const templates: { [Name in MailTemplate]: (values: Mails[Name]) => RenderedMail } = {
  welcome,
  'verify-email': verifyEmail,
  'reset-password': resetPassword,
  'security-notice': securityNotice,
  invitation,
  'webhook-disabled': webhookDisabled,
};

export const mailTemplates = Object.keys(templates) as MailTemplate[];

/** @throws for a name that is no template of this release */
export function renderMail<Name extends MailTemplate>(
  template: Name,
  values: Mails[Name],
): RenderedMail {
  if (!Object.hasOwn(templates, template)) throw new Error(`There is no mail "${template}".`);
  return templates[template](values);
}
