/**
 * Thrown by a handler when another try would end the same way. The job has failed at once, with as
 * many tries left as it may have, and its row is kept for inspection like that of any other.
 */
export class PermanentError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PermanentError';
  }
}
