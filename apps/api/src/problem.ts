import { commonErrors } from '@trellis/core/common-errors';
import { type FieldError, ProblemError } from '@trellis/core/errors';
import { classifyFailure, isStatementTimeout } from '@trellis/db/failures';
import type { FastifyError } from 'fastify';

const fieldErrorsMax = 50;

/** What Fastify itself throws, by its code. */
const frameworkErrors: Record<string, (error: FastifyError) => ProblemError> = {
  FST_ERR_CTP_INVALID_JSON_BODY: (cause) => commonErrors.malformed_json(undefined, { cause }),
  FST_ERR_CTP_EMPTY_JSON_BODY: (cause) => commonErrors.malformed_json(undefined, { cause }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: (cause) =>
    commonErrors.unsupported_media_type(undefined, { cause }),
  FST_ERR_CTP_BODY_TOO_LARGE: (cause) => commonErrors.payload_too_large(undefined, { cause }),
  FST_ERR_BAD_URL: (cause) => commonErrors.bad_request('The URL is not valid.', { cause }),
};

/** Any error as one that a client may see. Those that are not ours become a 500 without detail. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const known = error as FastifyError;
  if (known.validation) return invalid(known);
  const framework = frameworkErrors[known.code];
  if (framework) return framework(known);
  const failure = classifyFailure(error);
  if (failure === 'unavailable') {
    const detail = isStatementTimeout(error)
      ? 'The database took too long.'
      : 'The database cannot be reached.';
    return commonErrors.unavailable(detail, { cause: error, retryAfterSeconds: 2 });
  }
  if (failure === 'invalid_text') return commonErrors.invalid_text(undefined, { cause: error });
  if (error instanceof SyntaxError && known.statusCode === 400) {
    return commonErrors.malformed_json(undefined, { cause: error });
  }
  if (known.statusCode && known.statusCode >= 400 && known.statusCode < 500) {
    return commonErrors.bad_request(known.message, { cause: error });
  }
  return commonErrors.internal_error(undefined, { cause: error });
}

function invalid(error: FastifyError): ProblemError {
  const part = error.validationContext ?? 'request';
  const errors = (error.validation ?? []).slice(0, fieldErrorsMax).map((item): FieldError => {
    const extra = item.params.additionalProperty ?? item.params.missingProperty;
    const path = `${part}${item.instancePath}${extra ? `/${String(extra)}` : ''}`;
    return { path, message: messageOf(item.keyword, item.message) };
  });
  const [first] = errors;
  return commonErrors.validation_failed(first && `${first.path} ${first.message}`, {
    cause: error,
    errors,
  });
}

function messageOf(keyword: string, message = 'is not valid'): string {
  if (keyword === 'additionalProperties') return 'is not known here';
  if (keyword === 'required') return 'is missing';
  return message;
}
