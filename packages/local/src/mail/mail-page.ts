import { createHash } from 'node:crypto';
import type { KeptMail } from './mailbox.ts';

const style = `
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #8884; }
td { overflow-wrap: anywhere; }
iframe { width: 100%; height: 30rem; border: 1px solid #8884; background: #fff; color-scheme: light; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem; border: 1px solid #8884; }
`;

/** No script at all: what is shown was written by somebody else. */
export const pagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** For the HTML of a mail: its own styles, and links that open in a tab of their own. */
export const mailPolicy = [
  'sandbox allow-popups allow-popups-to-escape-sandbox',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

export function listPage(mails: readonly KeptMail[]): string {
  const rows = mails.map(
    ({ id, to, subject, receivedAt }) => `<tr>
<td>${receivedAt.slice(0, 19).replace('T', ' ')}</td>
<td>${escapeHtml(to.join(', '))}</td>
<td><a href="/messages/${id}">${escapeHtml(subject || '(no subject)')}</a></td>
</tr>`,
  );
  const body =
    mails.length === 0
      ? '<p>No mail was sent yet. This page looks again every 3 seconds.</p>'
      : `<table>
<thead><tr><th>Received (UTC)</th><th>To</th><th>Subject</th></tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table>`;
  return page('Mail', body, '<meta http-equiv="refresh" content="3">');
}

export function messagePage({ id, from, to, subject, text, html, headers }: KeptMail): string {
  const title = subject || '(no subject)';
  const frame = `<h2>HTML</h2>
<iframe title="The mail as HTML" src="/messages/${id}.html"
sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>`;
  const body = `<p><a href="/">All mail</a></p>
<p>From ${escapeHtml(from)}<br>To ${escapeHtml(to.join(', '))}</p>
${html === '' ? '' : frame}
<h2>Text</h2>
<pre>${withLinks(text)}</pre>
<h2>Headers</h2>
<pre>${escapeHtml(headers.join('\n'))}</pre>`;
  return page(title, body);
}

/** What the frame shows. Links leave it, because no page of the platform can be framed. */
export function framedHtml(html: string): string {
  // At the end it counts as well, and the mail's doctype stays the first.
  return `${html}<base target="_blank">`;
}

function page(title: string, body: string, head = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${head}
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${body}
</body>
</html>
`;
}

function withLinks(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>"']+)/)
    .map((part, index) => {
      const shown = escapeHtml(part);
      // Every other part is what the pattern found.
      return index % 2 === 0
        ? shown
        : `<a href="${shown}" target="_blank" rel="noreferrer">${shown}</a>`;
    })
    .join('');
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
