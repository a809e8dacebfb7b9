import { createHash } from 'node:crypto';
import { Type } from '@sinclair/typebox';
import { commonErrors } from '@trellis/core/common-errors';

/** The headers of a route that changes what people edit together. */
export const IfMatchHeaders = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      maxLength: 1_000,
      description: 'The `ETag` that was read; 412 when the resource has changed since.',
      examples: ['"mgx1v2k0"'],
    }),
  ),
});

/** What tells the versions of a resource apart: its last change, or all that it shows. */
type Version = Date | object;

/**
 * The `ETag` of a resource (RFC 9110, 8.8.3): its last change, to the millisecond, or a hash of
 * what it shows where no such time is kept.
 */
export function entityTag(version: Version): string {
  if (version instanceof Date) return `"${version.getTime().toString(36)}"`;
  return `"${createHash('sha256').update(JSON.stringify(version)).digest('base64url')}"`;
}

/** Given the version of the resource, throws `precondition_failed` (412) for another one. */
export type Precondition = (version: Version) => void;

/**
 * What `If-Match` asks for (RFC 9110, 13.1.1). The service checks it inside its transaction, where
 * the resource is locked; nothing is asked for without the header.
 */
export function preconditionOf(headers: { 'if-match'?: string | undefined }): Precondition {
  const wanted = headers['if-match']?.split(',').map((tag) => tag.trim());
  return (version) => {
    if (!wanted || wanted.includes('*') || wanted.includes(entityTag(version))) return;
    throw commonErrors.precondition_failed();
  };
}
