import { Readable } from 'node:stream';
import type { ProblemError } from '@trellis/core/errors';
import type { ObjectStore } from '@trellis/storage/object-store';
import { create as contentDisposition } from 'content-disposition';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fileErrors } from '../errors.ts';
import type { FileRow } from '../repository.ts';
import { type DownloadPlan, planDownload } from './plan-download.ts';

const retryAfterSeconds = 5;

/** What the static server would judge by tags and times of its own. */
const conditionHeaders = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];

/** What is said of the content, and not of a problem with it. */
const contentHeaders = [
  'etag',
  'accept-ranges',
  'content-type',
  'content-length',
  'content-range',
  'content-disposition',
];

/** All that it would add is decided here. */
const asItIs = {
  acceptRanges: false,
  cacheControl: false,
  contentType: false,
  etag: false,
  lastModified: false,
};

/**
 * Answers the content of a file, or the part that is asked for, in a way that no browser runs: as
 * an attachment, of the type that it is, and sandboxed where it is shown all the same.
 */
export async function sendContent(
  request: FastifyRequest,
  reply: FastifyReply,
  storage: Pick<ObjectStore, 'folder' | 'get' | 'size'>,
  file: FileRow,
): Promise<FastifyReply> {
  const etag = `"${file.checksum}"`;
  const { range, ...conditions } = request.headers;
  // A range is one of a GET only (RFC 9110, 14.2).
  const asked = request.method === 'GET' ? { ...conditions, range } : conditions;
  const plan = planDownload(asked, { etag, size: file.size });
  if (plan.status === 416) {
    reply.header('content-range', `bytes */${file.size}`);
    throw fileErrors.range_not_satisfiable(`The file has ${file.size} bytes.`);
  }
  if (plan.status === 304) {
    reply.code(304).headers({ etag, 'cache-control': 'private' });
    return request.method === 'HEAD' ? reply.send(nothing()) : reply.send();
  }
  const part = partOf(plan, file.size);
  const send = await findContent(request, storage, file, part);
  reply.code(plan.status).headers({
    ...headersOf(file),
    etag,
    'content-length': part.end + 1 - part.start,
    ...(plan.status === 206 && { 'content-range': `bytes ${part.start}-${part.end}/${file.size}` }),
  });
  return send(reply);
}

/** Of an empty file the end is before the start. */
function partOf(plan: DownloadPlan, size: number) {
  return plan.status === 206 ? plan.range : { start: 0, end: size - 1 };
}

function headersOf({ name, contentType }: FileRow) {
  const isText = contentType.startsWith('text/');
  return {
    'content-type': isText ? `${contentType}; charset=utf-8` : contentType,
    'content-disposition': contentDisposition(name),
    'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'private',
    'accept-ranges': 'bytes',
  };
}

/** Throws `storage_unavailable` (503) while the reply can still be one. */
async function findContent(
  request: FastifyRequest,
  storage: Pick<ObjectStore, 'folder' | 'get' | 'size'>,
  { storageKey, size }: FileRow,
  part: { start: number; end: number },
): Promise<(reply: FastifyReply) => FastifyReply> {
  const { folder } = storage;
  const isEmpty = part.end < part.start;
  try {
    // Fewer bytes than were announced would keep the caller waiting for the others.
    const stored = await storage.size(storageKey);
    if (stored !== size) throw new Error(`${storageKey} has ${stored} bytes and not ${size}`);
    if (folder === undefined && request.method === 'GET' && !isEmpty) {
      const content = await storage.get(storageKey, part);
      if (!content) throw new Error(`there is no object ${storageKey}`);
      return (reply) => reply.send(content);
    }
  } catch (cause) {
    throw unavailable(cause);
  }
  if (folder === undefined) return (reply) => reply.send(nothing());
  return (reply) => {
    // It may be gone since; the static server would say that there is no such route.
    reply.callNotFound = () => {
      for (const name of contentHeaders) reply.removeHeader(name);
      return reply.send(unavailable(new Error(`there is no object ${storageKey}`)));
    };
    for (const name of conditionHeaders) delete request.raw.headers[name];
    const options = isEmpty ? asItIs : { ...asItIs, ...part };
    return reply.sendFile(storageKey, folder, options);
  };
}

/** A HEAD that is answered without a stream would be told that there are no bytes. */
function nothing(): Readable {
  return Readable.from([]);
}

function unavailable(cause: unknown): ProblemError {
  return fileErrors.storage_unavailable(undefined, { cause, retryAfterSeconds });
}
