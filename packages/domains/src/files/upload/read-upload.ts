import { Readable } from 'node:stream';
import type { Multipart, MultipartFile } from '@fastify/multipart';
import { commonErrors } from '@trellis/core/common-errors';
import { ProblemError } from '@trellis/core/errors';
import type { FastifyRequest } from 'fastify';
import { fileErrors } from '../errors.ts';
import type { IncomingFile } from './receive-file.ts';

/** Of what is read before the file; a byte more than is allowed, so that it is noticed. */
export const uploadLimits = {
  fieldNameSize: 100,
  fieldSize: 1_025,
  fields: 2,
  files: 2,
  parts: 4,
  headerPairs: 50,
  // The file itself is measured while it is stored.
  fileSize: Number.MAX_SAFE_INTEGER,
};

const nameLengthMax = 1_024;

/**
 * Reads a request up to its file, whose content is left to be read. Throws
 * `unsupported_media_type` (415) and `malformed_multipart` (400), as the content does.
 */
export async function readUpload(request: FastifyRequest): Promise<IncomingFile> {
  if (!request.isMultipart()) {
    throw commonErrors.unsupported_media_type('Send `Content-Type: multipart/form-data`.');
  }
  const parts = request.parts();
  const next = () => asMalformed(parts.next());
  let name: string | undefined;
  for (;;) {
    const { value: part, done } = await next();
    if (done) throw malformed('There is no part `file` with a file name.');
    if (part.type === 'file') {
      const rest = async () => {
        if (!(await next()).done) throw malformed('Nothing comes after the part `file`.');
      };
      return { name: name ?? part.filename ?? '', ...contentOf(request, part), rest };
    }
    name = nameOf(part, name);
  }
}

function nameOf(part: Multipart, before: string | undefined): string {
  if (part.type === 'file' || part.fieldname !== 'name' || before !== undefined) {
    throw malformed('Before the part `file` there is at most one field `name`.');
  }
  const text = String(part.value);
  if (text.length <= nameLengthMax) return text;
  throw malformed(`\`name\` has at most ${nameLengthMax} bytes.`);
}

function contentOf(
  { headers }: FastifyRequest,
  part: MultipartFile,
): Pick<IncomingFile, 'body' | 'sizeMax'> {
  if (part.fieldname !== 'file') throw malformed('The file is the part `file`.');
  const read = async function* () {
    const chunks = part.file.iterator();
    try {
      for (;;) {
        const { value, done } = await asMalformed(chunks.next());
        if (done) return;
        yield value as Buffer;
      }
    } finally {
      part.file.destroy();
    }
  };
  const length = Number(headers['content-length']);
  return {
    body: Readable.from(read(), { objectMode: false }),
    // What surrounds the file is part of the length.
    sizeMax: length >= 0 ? length : undefined,
  };
}

/** What the parser and the connection say of a body that is broken or ends early. */
async function asMalformed<Result>(reading: Promise<Result>): Promise<Result> {
  try {
    return await reading;
  } catch (cause) {
    if (cause instanceof ProblemError) throw cause;
    throw malformed(`The body breaks off or is broken: ${(cause as Error).message}.`, { cause });
  }
}

function malformed(detail: string, options?: { cause: unknown }): ProblemError {
  return fileErrors.malformed_multipart(detail, options);
}
