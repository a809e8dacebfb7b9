import { escapeHtml, oneLine } from './plain.ts';

/** One part of a letter: a paragraph, a link to follow, or facts line by line. */
export type Part =
  | string
  | { link: string; label: string }
  | { facts: readonly (readonly [name: string, value: string])[] };

/** What a mail says, once for text and HTML. All of it is plain text, escaped where it is needed. */
export interface Letter {
  subject: string;
  parts: readonly Part[];
}

export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

export function renderLetter({ subject, parts }: Letter): RenderedMail {
  const title = oneLine(subject);
  return {
    subject: title,
    text: `${parts.map(textOf).join('\n\n')}\n`,
    html: pageOf(title, parts.map(htmlOf).join('\n')),
  };
}

function textOf(part: Part): string {
  if (typeof part === 'string') return oneLine(part);
  if ('link' in part) return `${oneLine(part.label)}:\n${oneLine(part.link)}`;
  return part.facts.map(([name, value]) => `${name}: ${oneLine(value)}`).join('\n');
}

function htmlOf(part: Part): string {
  if (typeof part === 'string') return `<p style="margin:0 0 16px">${textInHtml(part)}</p>`;
  if ('link' in part) return linkInHtml(part.link, part.label);
  const lines = part.facts.map(([name, value]) => `${textInHtml(name)}: ${textInHtml(value)}`);
  return `<p style="margin:0 0 16px">${lines.join('<br>\n')}</p>`;
}

const textInHtml = (text: string): string => escapeHtml(oneLine(text));

/** As a button, and written out for whoever wants to see where it leads. */
function linkInHtml(link: string, label: string): string {
  const address = textInHtml(link);
  return `<p style="margin:0 0 16px"><a href="${address}" style="display:inline-block;padding:12px 20px;\
border-radius:6px;background-color:#1d4ed8;color:#ffffff;font-weight:600;text-decoration:none">\
${textInHtml(label)}</a></p>
<p style="margin:0 0 16px;font-size:14px;word-break:break-all">If the button does not work, open:<br>
<a href="${address}" style="color:inherit">${address}</a></p>`;
}

/**
 * No images, no fonts, no style sheet, and no colour but the button's: programs that show mail on a
 * dark ground keep theirs.
 */
function pageOf(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(title)}</title>
</head>
<body style="margin:0;padding:24px;font-family:system-ui,-apple-system,'Segoe UI',Arial,sans-serif;\
font-size:16px;line-height:1.5">
<div style="max-width:560px;margin:0 auto">
${body}
</div>
</body>
</html>
`;
}
