import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Api, Reply } from '@trellis/test/api';
import { collectEvidence } from '@trellis/test/evidence';
import type { Account } from '@trellis/test/sign-up';

export interface UploadOptions {
  name?: string;
  /** What the upload says of its content. */
  type?: string;
  /** The field `name`, before the file. */
  rename?: string;
  headers?: Record<string, string>;
}

type Requests = Pick<Api, 'url'>;
type Caller = Pick<Account, 'token'>;

const boundary = 'trellis-test-boundary';

/** A part of a form as it goes over the wire. */
export function filePart(
  name = 'file.bin',
  type = 'application/octet-stream',
  field = 'file',
): string {
  const disposition = `form-data; name="${field}"; filename="${name}"`;
  return `--${boundary}\r\nContent-Disposition: ${disposition}\r\nContent-Type: ${type}\r\n\r\n`;
}

export function fieldPart(field: string, value: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`;
}

export const formEnd = `\r\n--${boundary}--\r\n`;

/** One file in one request, with a length. */
export function upload(
  api: Requests,
  caller: Caller,
  content: string | Buffer,
  { name, type, rename, headers }: UploadOptions = {},
): Promise<Reply> {
  const parts = [
    rename === undefined ? '' : fieldPart('name', rename),
    filePart(name, type),
    content,
    formEnd,
  ];
  return sendForm(api, caller, Buffer.concat(parts.map((part) => Buffer.from(part))), headers);
}

/** A file of which nobody knows how long it will be. */
export function uploadStream(
  api: Requests,
  caller: Caller,
  content: AsyncIterable<Buffer>,
): Promise<Reply> {
  const form = async function* () {
    yield Buffer.from(filePart());
    yield* content;
    yield Buffer.from(formEnd);
  };
  return sendForm(api, caller, Readable.from(form(), { objectMode: false }));
}

/** Any body as a form. What the server answers before all of it is sent is the answer. */
export function sendForm(
  { url }: Requests,
  { token }: Partial<Caller>,
  body: Buffer | Readable,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}/api/v1/files`, {
      method: 'POST',
      headers: {
        'content-type': `multipart/form-data; boundary=${boundary}`,
        ...(Buffer.isBuffer(body) && { 'content-length': body.length }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers,
      },
    });
    request.on('response', async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      request.destroy();
      if (!Buffer.isBuffer(body)) body.destroy();
      collectEvidence('calls', [`POST /api/v1/files ${response.statusCode}`]);
      resolve({
        status: response.statusCode ?? 0,
        headers: new Headers(response.headers as Record<string, string>),
        body: text === '' ? undefined : JSON.parse(text),
      });
    });
    // Once there is an answer, the rest need not be sent.
    request.on('error', reject);
    if (Buffer.isBuffer(body)) request.end(body);
    else pipeline(body, request).catch(() => {});
  });
}

/** Bytes that are made while they are sent. */
export async function* bytes(count: number, chunk = Buffer.alloc(65_536, 1)) {
  for (let left = count; left > 0; left -= chunk.length) {
    yield left < chunk.length ? chunk.subarray(0, left) : chunk;
  }
}
