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

/** The `ETag` of a resource (RFC 9110, 8.8.3): its last change, to the millisecond. */
export function entityTag(updatedAt: Date): string {
  return `"${updatedAt.getTime().toString(36)}"`;
}

/** Given the last change of the resource, throws `precondition_failed` (412) for an outdated one. */
export type Precondition = (updatedAt: Date) => void;

/**
 * What `If-Match` asks for (RFC 9110, 13.1.1). The service checks it inside its transaction, where
 * the resource is locked; nothing is asked for without the header.
 */
export function preconditionOf(headers: { 'if-match'?: string | undefined }): Precondition {
  const wanted = headers['if-match']?.split(',').map((tag) => tag.trim());
  return (updatedAt) => {
    if (!wanted || wanted.includes('*') || wanted.includes(entityTag(updatedAt))) return;
    throw commonErrors.precondition_failed();
  };
}
