import type { IncomingMessage } from 'node:http';
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
/** Of everything but the file's content: boundaries, headers of parts, and what is around them. */
const aroundBytesMax = 65_536;

/**
 * Reads a request up to its file, whose content is left to be read. Throws
 * `unsupported_media_type` (415) and `malformed_multipart` (400), as the content does.
 */
export async function readUpload(request: FastifyRequest): Promise<IncomingFile> {
  if (!request.isMultipart()) {
    throw commonErrors.unsupported_media_type('Send `Content-Type: multipart/form-data`.');
  }
  const around = countAround(request.raw);
  const parts = request.parts({ isPartAFile: around.isFile });
  const next = () => asMalformed(parts.next());
  let name: string | undefined;
  for (;;) {
    const { value: part, done } = await next();
    if (done) throw malformed('There is no part `file` with a file name.');
    if (part.type === 'file') {
      const rest = async () => {
        around.fileHasEnded();
        if (!(await next()).done) throw malformed('Nothing comes after the part `file`.');
      };
      return { name: name ?? part.filename ?? '', ...contentOf(request, part, around), rest };
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
  { raw: request }: FastifyRequest,
  part: MultipartFile,
  around: Around,
): Pick<IncomingFile, 'body' | 'sizeMax'> {
  if (part.fieldname !== 'file') throw malformed('The file is the part `file`.');
  const read = async function* () {
    const chunks = part.file.iterator();
    let isWhole = false;
    try {
      for (;;) {
        const { value, done } = await asMalformed(chunks.next());
        isWhole = done === true;
        if (isWhole) return;
        around.content(value as Buffer);
        yield value as Buffer;
      }
    } finally {
      // What is not wanted any more need not come until the answer is given.
      if (!isWhole) request.unpipe().pause();
      part.file.destroy();
    }
  };
  const length = Number(request.headers['content-length']);
  return {
    body: Readable.from(read(), { objectMode: false }),
    // What surrounds the file is part of the length.
    sizeMax: length >= 0 ? length : undefined,
  };
}

interface Around {
  /** Asked by the parser at the beginning of each part; the bytes that follow may be a file's. */
  isFile(field: string | undefined, type: string | undefined, name: string | undefined): boolean;
  content(chunk: Buffer): void;
  fileHasEnded(): void;
}

/** Breaks the body off with `malformed_multipart` (400) when there is too much around the file. */
function countAround(body: IncomingMessage): Around {
  let bytes = 0;
  let isInFile = false;
  const check = (): void => {
    if (isInFile || bytes <= aroundBytesMax || body.listenerCount('error') === 0) return;
    body.off('data', count);
    body.emit('error', malformed(`Around the file there are at most ${aroundBytesMax} bytes.`));
  };
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    // When the parser has seen the chunk, which may be where the file begins.
    queueMicrotask(check);
  };
  body.on('data', count);
  return {
    isFile: (_field, type, name) => {
      const isFile = name !== undefined || type === 'application/octet-stream';
      isInFile ||= isFile;
      return isFile;
    },
    content: (chunk) => {
      bytes -= chunk.length;
    },
    fileHasEnded: () => {
      isInFile = false;
      check();
    },
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
