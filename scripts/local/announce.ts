import type { Credentials } from './credentials.ts';

interface Started {
  apiUrl: string;
  /** Where the mail that was sent is shown; undefined when it really goes out. */
  mailUrl: string | undefined;
  credentials: Credentials;
}

/** What somebody needs to know who has just started the platform. */
export function announcement({ apiUrl, mailUrl, credentials: { admin, demo } }: Started): string {
  const lines = [
    '',
    `  Trellis runs at ${apiUrl}`,
    '',
    `  API reference   ${apiUrl}/docs`,
    `  Health          ${apiUrl}/health`,
  ];
  if (mailUrl !== undefined) lines.push(`  Mail            ${mailUrl}`);
  if (demo !== undefined) {
    lines.push(`  Demo tenant     ${demo.tenant}: ${demo.email} / ${demo.password}`);
  }
  if (admin !== undefined) lines.push(`  Administrator   ${admin.email} / ${admin.password}`);
  const user = demo ?? admin;
  if (user !== undefined) lines.push('', '  Try it:', '', `  ${loginCommand(apiUrl, user)}`);
  lines.push('', '  Ctrl-C stops it.', '');
  return lines.join('\n');
}

function loginCommand(apiUrl: string, user: { email: string; password: string }): string {
  const body = JSON.stringify({ email: user.email, password: user.password });
  return `curl -s ${apiUrl}/api/v1/auth/login -H 'content-type: application/json' -d ${quote(body)}`;
}

/** For a POSIX shell, in which nothing has a meaning between single quotes but their end. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
