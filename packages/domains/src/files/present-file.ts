import type { FileRow } from './repository.ts';
import type { FileReply } from './schemas.ts';

/** A file as the API shows it, and as the audit keeps it. */
export function presentFile(row: FileRow): FileReply {
  const { id, name, contentType, size, checksum, uploadedBy, createdAt } = row;
  return {
    id,
    name,
    contentType,
    size,
    checksum,
    uploadedBy,
    createdAt: createdAt.toISOString(),
  };
}
