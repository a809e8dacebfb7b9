import { join } from 'node:path';
import type { Reply } from '@trellis/test/api';
import type { Test } from 'tap';
import { collectErrors } from '../../../../scripts/docs/errors-doc.ts';

const catalogue = await collectErrors(join(import.meta.dirname, '../../../..'));

/** A refusal as every client may rely on it: RFC 9457, with a code that is documented. */
export function expectProblem(t: Test, reply: Reply, what: string): void {
  const { status, headers, body } = reply;
  const definition = catalogue.get(body?.code);
  const found = {
    isRefusal: status >= 400 && status < 500,
    contentType: headers.get('content-type'),
    status: body?.status,
    documented: definition?.status,
    title: body?.title,
    requestId: body?.requestId,
    nosniff: headers.get('x-content-type-options'),
    type: body?.type,
    challenge: headers.get('www-authenticate'),
  };
  t.same(
    found,
    {
      isRefusal: true,
      contentType: 'application/problem+json',
      status,
      documented: status,
      title: definition?.title,
      requestId: headers.get('x-request-id'),
      nosniff: 'nosniff',
      type: `urn:trellis:problem:${body?.code}`,
      challenge: status === 401 ? 'Bearer realm="trellis"' : null,
    },
    `${what}: ${status} ${body?.code}`,
  );
}
