import { createHash } from 'node:crypto';

interface LinkPage {
  title: string;
  intro: string;
  /** Of the API, relative to the page, so that both can stand behind a prefix. */
  path: string;
  /** The form, without the button. */
  fields: string;
  button: string;
  done: string;
}

const newPassword = `<label>New password
<input name="password" type="password" autocomplete="new-password" minlength="12" maxlength="256" required></label>
<p>At least 12 characters.</p>`;

/** By the path that mails lead to. */
const pages = {
  'verify-email': {
    title: 'Confirm your e-mail address',
    intro:
      'Please confirm only if the account is yours: whoever knows its password may use it. If you did not sign up, close this page.',
    path: 'api/v1/auth/email/verify',
    fields: '',
    button: 'Confirm',
    done: 'Your e-mail address is confirmed. You can close this page.',
  },
  'reset-password': {
    title: 'Choose a new password',
    intro: 'It replaces the one that you have now, and ends all of your sessions.',
    path: 'api/v1/auth/password/reset',
    fields: newPassword,
    button: 'Set the password',
    done: 'Your password is changed. You can log in with it now.',
  },
  'accept-invitation': {
    title: 'Accept the invitation',
    intro: 'You are invited to join a team.',
    path: 'api/v1/invitations/accept',
    // Which of the two it is, the API says when the link comes alone.
    fields: `<fieldset data-needed-by="account_details_required" hidden disabled
data-why="Choose a password to log in with and, if you are new here, say your name.">
<label>Your name
<input name="name" autocomplete="name" maxlength="120"></label>
${newPassword}
</fieldset>
<fieldset data-needed-by="account_exists" hidden disabled
data-why="You have an account here. Show that it is yours by its password.">
<label>Password of your account
<input name="password" type="password" autocomplete="current-password" maxlength="256" required></label>
<p>If you do not know it, ask for a new one where you log in, and open this link again.</p>
</fieldset>`,
    button: 'Join',
    done: 'You have joined. You can log in now.',
  },
} satisfies Record<string, LinkPage>;

const style = `
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
main { max-width: 28rem; margin: 4rem auto; padding: 0 1rem; }
fieldset { border: 0; margin: 0; padding: 0; }
input { display: block; box-sizing: border-box; width: 100%; margin-top: .25rem; padding: .6rem; font: inherit; }
button { margin-top: 1rem; padding: .6rem 1.2rem; font: inherit; }
`;

/** Where the one script of the pages is served, beside them. */
export const scriptPath = 'link-page.js';

/** `form-action` stops a browser without the script from putting what is typed into an address. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Nothing in a page comes from outside, so nothing has to be escaped. */
export const linkPages: [path: string, html: string][] = Object.entries(pages).map(
  ([path, page]) => [`/${path}`, render(page)],
);

function render({ title, intro, path, fields, button, done }: LinkPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${style}</style>
<script type="module" src="${scriptPath}"></script>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${intro}</p>
<form hidden data-path="${path}" data-done="${done}">
${fields}
<button>${button}</button>
</form>
<p role="status"></p>
<noscript><p>This page needs JavaScript.</p></noscript>
</main>
</body>
</html>
`;
}
