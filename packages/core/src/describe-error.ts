/** What may be logged and stored of an error: nothing of the values that a query was given. */
export type ErrorDescription = {
  type: string;
  /** With those of its causes; at most 2,000 characters. */
  message: string;
  /** A SQLSTATE, or a code of Node or of ours: the first that the error and its causes have. */
  code?: string;
  table?: string;
  constraint?: string;
  /** With those of its causes; at most 8,000 characters. */
  stack: string;
};

/** What errors may carry beside their message; Postgres' own names. */
interface Failure extends Error {
  code?: unknown;
  table_name?: unknown;
  constraint_name?: unknown;
  query?: unknown;
}

const queryLengthMax = 500;
const messageLengthMax = 2_000;
const stackLengthMax = 8_000;
const causesMax = 5;
/** Five digits or capitals; codes of Node have no digit (PostgreSQL, appendix A). */
const sqlState = /^(?=.*\d)[\dA-Z]{5}$/;

/**
 * Says what happened without saying to whom: errors of drizzle hold the parameters of their query in
 * message and stack, those of Postgres the row in `detail` and values in `where`, those of Redis the
 * arguments of their command. So only what is named here is taken over. Describing a description
 * changes nothing.
 */
export function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) {
    const text = String(error).slice(0, messageLengthMax);
    return { type: typeof error, message: text, stack: text };
  }
  const chain = chainOf(error);
  const message = joined(chain.map(messageOf)).slice(0, messageLengthMax);
  const stack = chain.map((one, depth) => stackOf(one, depth === 0 ? message : messageOf(one)));
  const code = firstText(chain, 'code');
  const table = firstText(chain, 'table_name');
  const constraint = firstText(chain, 'constraint_name');
  return {
    type: error.constructor.name,
    message,
    ...(code !== undefined && { code }),
    ...(table !== undefined && { table }),
    ...(constraint !== undefined && { constraint }),
    stack: stack.join('\ncaused by: ').slice(0, stackLengthMax),
  };
}

function chainOf(error: Error): Failure[] {
  const chain: Failure[] = [];
  for (
    let one: unknown = error;
    one instanceof Error && chain.length < causesMax;
    one = one.cause
  ) {
    chain.push(one);
  }
  return chain;
}

/** One that repeats its cause is told once. */
function joined(messages: string[]): string {
  return messages.filter((text, depth) => text && text !== messages[depth + 1]).join(': ');
}

function firstText(chain: Failure[], name: keyof Failure): string | undefined {
  return chain.map((one) => one[name]).find((value) => typeof value === 'string');
}

function messageOf(error: Failure): string {
  const { code, query, message } = error;
  if ('params' in error && typeof query === 'string') {
    return `Failed query: ${query.slice(0, queryLengthMax)}`;
  }
  if (typeof code === 'string' && sqlState.test(code)) {
    // Class 22, data that does not fit, quotes it. The others quote names.
    const safe = code.startsWith('22') ? message.replace(/".*"/s, '"…"') : message;
    return safe.endsWith(`(${code})`) ? safe : `${safe} (${code})`;
  }
  // Node's, for a host with several addresses.
  if (error instanceof AggregateError && !message) return error.errors.map(reasonOf).join('; ');
  return message;
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? messageOf(error) : String(error);

/** The frames are what follows the message as it was; a message may look like frames. */
function stackOf(error: Error, told: string): string {
  const { message, stack = '' } = error;
  const start = message ? stack.indexOf(message) : -1;
  const frames =
    start >= 0 ? stack.slice(start + message.length) : /(\n {4}at [^\n]*)+$/.exec(stack)?.[0];
  return `${error.constructor.name}: ${told}${frames ?? ''}`;
}
