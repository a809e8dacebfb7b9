import { defineErrors } from '@trellis/core/errors';

export const fileErrors = defineErrors({
  malformed_multipart: {
    status: 400,
    title: 'The upload cannot be read',
    description:
      'The body is no complete `multipart/form-data`, or holds something other than one part `file`, last and with a file name, and a field `name` before it; `detail` says what.',
  },
  link_invalid: {
    status: 403,
    title: 'The link does not work',
    description: 'The link to the file was altered or has expired. Ask for another one.',
  },
  file_too_large: {
    status: 413,
    title: 'The file is too large',
    description:
      'The upload was ended at the largest size of a file, which `detail` names in bytes. Nothing of it is kept.',
  },
  range_not_satisfiable: {
    status: 416,
    title: 'The file has no such range',
    description: 'The `Range` header asks for bytes behind the end; `Content-Range` has the size.',
  },
  upload_interrupted: {
    status: 503,
    title: 'The upload stood still for too long',
    description: 'What had arrived was removed. Upload the file again.',
  },
  storage_unavailable: {
    status: 503,
    title: 'The object store cannot be used now',
    description:
      'The place where files are kept cannot be reached, is full, or has lost the content. Nothing of an upload is kept. Try again after `Retry-After`.',
  },
});
