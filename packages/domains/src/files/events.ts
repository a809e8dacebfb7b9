import { Type } from '@sinclair/typebox';
import { defineEvent } from '../events/define-event.ts';
import { Id, Nullable, Timestamp } from '../events/schema-pieces.ts';

/** A file as `GET /files/:id` shows it, without its content. */
const File = Type.Object({
  id: Id,
  name: Type.String({ examples: ['report.pdf'] }),
  contentType: Type.String({
    description: 'What the content is, by its first bytes; not what the upload said.',
    examples: ['application/pdf'],
  }),
  size: Type.Integer({ description: 'Bytes.', examples: [52_481] }),
  checksum: Type.String({
    description: 'SHA-256 of the content, in hex.',
    examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
  }),
  uploadedBy: Nullable(Id),
  createdAt: Timestamp,
});

export const fileCreated = defineEvent({
  name: 'file.created',
  description: 'A file was uploaded and is whole.',
  data: File,
});

export const fileDeleted = defineEvent({
  name: 'file.deleted',
  description: 'A file was deleted; `data` is how it was shown last.',
  data: File,
});
