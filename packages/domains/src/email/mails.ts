/** What each mail says, by the name of its template. A `link` holds a token. */
export interface Mails {
  welcome: { name: string; tenantName: string; link: string };
  'verify-email': { name: string; tenantName: string; link: string };
  'reset-password': { name: string; link: string; ip: string | null };
  /** `change` is what happened to the account: "Your password was changed". */
  'security-notice': { name: string; change: string; at: string; ip: string | null };
  invitation: { inviter: string | null; tenantName: string; link: string; expiresAt: string };
  'webhook-disabled': { url: string; tenantName: string; reason: string };
}

export type MailTemplate = keyof Mails;
