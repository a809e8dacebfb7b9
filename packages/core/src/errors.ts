/** One broken rule of a request, addressed by a JSON Pointer-like path (`body/url`). */
export interface FieldError {
  path: string;
  message: string;
}

/** What a catalogue says of one error; `description` becomes its entry in docs/errors.md. */
export interface ErrorDefinition {
  status: number;
  title: string;
  description: string;
}

export interface ProblemOptions {
  cause?: unknown;
  errors?: FieldError[];
  /** Sent as `Retry-After`, in whole seconds. */
  retryAfterSeconds?: number;
}

/**
 * An error with a stable code that a client may see.
 * The HTTP layer renders it as RFC 9457 `application/problem+json`.
 */
export class ProblemError extends Error {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly errors: FieldError[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: string,
    definition: ErrorDefinition,
    detail?: string,
    options: ProblemOptions = {},
  ) {
    super(detail ?? definition.title, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'ProblemError';
    this.code = code;
    this.status = definition.status;
    this.title = definition.title;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

export type ErrorFactory = (detail?: string, options?: ProblemOptions) => ProblemError;
export type ErrorCatalogue<Code extends string> = Record<Code, ErrorFactory> & {
  readonly definitions: Record<Code, ErrorDefinition>;
};

/**
 * Declares a domain's coded errors: `errors.webhook_not_found('…')` makes the error to throw.
 * `definitions` is what docs/errors.md is generated from.
 */
export function defineErrors<Code extends string>(
  definitions: Record<Code, ErrorDefinition>,
): ErrorCatalogue<Code> {
  const entries = Object.entries<ErrorDefinition>(definitions).map(
    ([code, definition]): [string, ErrorFactory] => [
      code,
      (detail, options) => new ProblemError(code, definition, detail, options),
    ],
  );
  return { ...Object.fromEntries(entries), definitions } as ErrorCatalogue<Code>;
}
