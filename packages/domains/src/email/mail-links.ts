import type { ApiSettings } from '@trellis/config/settings';

/** The addresses that mails lead to; each page sends the token of its link on to the API. */
export interface MailLinks {
  verifyEmail(token: string): string;
  resetPassword(token: string): string;
  acceptInvitation(token: string): string;
}

export function createMailLinks(
  settings: Pick<ApiSettings, 'APP_URL' | 'PUBLIC_URL' | 'PORT'>,
): MailLinks {
  const base = settings.APP_URL ?? settings.PUBLIC_URL ?? `http://localhost:${settings.PORT}`;
  // In the fragment, which no server and no proxy logs and no referrer carries.
  const to = (page: string) => (token: string) =>
    `${base.replace(/\/+$/, '')}/${page}#token=${encodeURIComponent(token)}`;
  return {
    verifyEmail: to('verify-email'),
    resetPassword: to('reset-password'),
    acceptInvitation: to('accept-invitation'),
  };
}
