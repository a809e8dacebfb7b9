import { collectEvidence } from '@trellis/test/evidence';

export interface Download {
  status: number;
  headers: Headers;
  bytes: Buffer;
}

/** Gets bytes, which the usual request would take for text. */
export async function download(
  url: string | URL,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Download> {
  const reply = await fetch(url, { method, headers });
  collectEvidence('calls', [`${method} ${new URL(url).pathname} ${reply.status}`]);
  return {
    status: reply.status,
    headers: reply.headers,
    bytes: Buffer.from(await reply.arrayBuffer()),
  };
}

export function problemOf({ bytes }: Download): { code: string } {
  return JSON.parse(String(bytes));
}
