import type { Dispatcher } from 'undici';
import { classifyError, classifyStatus, type DeliveryErrorClass } from './classify-error.ts';
import { decodeCompressed, decodeText } from './decode-body.ts';
import { KeptBytes } from './kept-bytes.ts';
import { headerText, type ResponseHeaders, redactHeaders } from './redact-headers.ts';
import { parseRetryAfter } from './retry-after.ts';

const errorLengthMax = 500;
/** Heads with a 1xx status before the answer's own: a flood of them would keep us busy parsing. */
const interimMax = 16;

/** One try, as it is recorded. */
export interface AttemptResult {
  outcome: 'delivered' | 'failed';
  /** Null when no answer's head arrived. */
  statusCode: number | null;
  /** Null exactly when the outcome is `delivered`. */
  errorClass: DeliveryErrorClass | null;
  /** A sentence for a person, at most 500 characters. */
  error: string | null;
  /** From the call to the end of the body, in whole milliseconds. */
  durationMs: number;
  /** From the call until the request was put on its connection, in milliseconds; null if never. */
  writtenMs: number | null;
  /** The decompressed beginning of the body as text; null when there was none. */
  responseBody: string | null;
  responseTruncated: boolean;
  /** Lower-case names; bounded, and credentials redacted. */
  responseHeaders: Record<string, string>;
  /** What `Retry-After` of a 429 or 503 asks for, at most 24 h. */
  retryAfterMs: number | null;
}

export interface AttemptLimits {
  deadlineMs: number;
  bodyBytesMax: number;
}

function describeStatus(statusCode: number, headers: ResponseHeaders): string {
  const location = headerText(headers, 'location');
  if (classifyStatus(statusCode) !== 'redirect' || location === '') {
    return `the receiver answered ${statusCode}`;
  }
  return `the receiver answered ${statusCode}; the redirect to ${location} is not followed`;
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // All addresses of a host failing is an AggregateError without a text of its own.
  const [first] = error instanceof AggregateError ? error.errors : [];
  return error.message || (first instanceof Error ? first.message : error.name);
}

function cutError(text: string): string {
  // Half of a character that was cut in two is refused by Postgres, as null characters are.
  return text.replaceAll('\0', '\ufffd').slice(0, errorLengthMax).toWellFormed();
}

/**
 * Follows one request through undici and settles exactly once. undici hands out a way to abort
 * only when it writes the request, so the deadline settles the attempt by itself and a request
 * whose connection comes too late is given up before a byte of it is written.
 */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly #limits: AttemptLimits;
  readonly #settle: (result: AttemptResult) => void;
  readonly #startedMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #done = false;
  #controller: Dispatcher.DispatchController | null = null;
  #writtenMs: number | null = null;
  #statusCode: number | null = null;
  #headers: ResponseHeaders = {};
  #encoding = '';
  readonly #kept: KeptBytes;
  #announcedBytes = Number.POSITIVE_INFINITY;
  #interimCount = 0;

  constructor(limits: AttemptLimits, settle: (result: AttemptResult) => void) {
    this.#limits = limits;
    this.#settle = settle;
    this.#kept = new KeptBytes(limits.bodyBytesMax);
    this.#timer = setTimeout(onDeadline, limits.deadlineMs, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#done) this.#abort();
    else this.#writtenMs = performance.now() - this.#startedMs;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: ResponseHeaders,
  ): void {
    if (statusCode < 200) {
      this.#skipInterim(statusCode);
      return;
    }
    this.#statusCode = statusCode;
    this.#headers = headers;
    this.#encoding = headerText(headers, 'content-encoding').trim().toLowerCase();
    const length = headerText(headers, 'content-length');
    if (length !== '') this.#announcedBytes = Number(length);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#kept.add(chunk);
    if (!this.#kept.isCut) return;
    // A short rest is read and dropped, which is cheaper than a new connection; a long one, or
    // one of unknown length, costs the connection instead.
    const short = this.#announcedBytes <= 2 * this.#limits.bodyBytesMax;
    if (!short) this.#finish(true);
  }

  onResponseEnd(): void {
    this.#finish(false);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.failWith(error);
  }

  failWith(error: unknown): void {
    this.fail(classifyError(error), describeError(error));
  }

  /** Settles with a failure that is not the receiver's answer. */
  fail(errorClass: DeliveryErrorClass, error: string): void {
    if (!this.#close(true)) return;
    const { text } = this.#isCompressed() ? { text: null } : this.#decodePlain();
    this.#report(errorClass, cutError(error), text, this.#kept.length > 0);
  }

  /** Gives the attempt up without a result; false when it has ended, and its result is coming. */
  cancel(): boolean {
    return this.#close(true);
  }

  get deadlineMs(): number {
    return this.#limits.deadlineMs;
  }

  #skipInterim(statusCode: number): void {
    this.#interimCount += 1;
    if (statusCode < 100) this.fail('invalid_response', `the receiver answered ${statusCode}`);
    else if (this.#interimCount > interimMax) {
      this.fail('invalid_response', `the receiver sent more than ${interimMax} interim answers`);
    }
  }

  #finish(abort: boolean): void {
    if (!this.#close(abort)) return;
    if (this.#isCompressed()) {
      void this.#finishCompressed();
      return;
    }
    const { text, truncated } = this.#decodePlain();
    this.#reportAnswer(text, truncated);
  }

  // Never rejects, as decodeCompressed does not; its work is bounded by bodyBytesMax.
  async #finishCompressed(): Promise<void> {
    const { text, truncated } = await decodeCompressed(
      this.#kept.bytes,
      this.#encoding,
      this.#limits.bodyBytesMax,
      this.#kept.isCut,
    );
    this.#reportAnswer(text, truncated);
  }

  #isCompressed(): boolean {
    return this.#encoding !== '' && this.#encoding !== 'identity' && this.#kept.length > 0;
  }

  #decodePlain(): { text: string | null; truncated: boolean } {
    return decodeText(this.#kept.bytes, this.#limits.bodyBytesMax, this.#kept.isCut);
  }

  #reportAnswer(text: string | null, truncated: boolean): void {
    const statusCode = this.#statusCode ?? 0;
    const errorClass = classifyStatus(statusCode);
    const error = errorClass ? cutError(describeStatus(statusCode, this.#headers)) : null;
    this.#report(errorClass, error, text, truncated);
  }

  #report(
    errorClass: DeliveryErrorClass | null,
    error: string | null,
    responseBody: string | null,
    responseTruncated: boolean,
  ): void {
    const asksToWait = this.#statusCode === 429 || this.#statusCode === 503;
    const retryAfter = asksToWait ? headerText(this.#headers, 'retry-after') : '';
    this.#settle({
      outcome: errorClass === null ? 'delivered' : 'failed',
      statusCode: this.#statusCode,
      errorClass,
      error,
      durationMs: Math.round(performance.now() - this.#startedMs),
      writtenMs: this.#writtenMs,
      responseBody,
      responseTruncated,
      responseHeaders: redactHeaders(this.#headers),
      retryAfterMs: retryAfter === '' ? null : parseRetryAfter(retryAfter, Date.now()),
    });
  }

  /** True for the one caller that may settle. */
  #close(abort: boolean): boolean {
    if (this.#done) return false;
    this.#done = true;
    clearTimeout(this.#timer);
    if (abort) this.#abort();
    return true;
  }

  #abort(): void {
    this.#controller?.abort(new Error('the attempt is over'));
  }
}

function onDeadline(attempt: Attempt): void {
  attempt.fail('timeout', `no complete answer within ${attempt.deadlineMs} ms`);
}
