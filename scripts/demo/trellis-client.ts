import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

/** Something that the user can put right; its message is one line. */
export class DemoError extends Error {}

/** The problem (RFC 9457) that Trellis answered. */
export class ProblemError extends DemoError {
  readonly code: string;

  constructor(call: string, status: number, problem: Problem) {
    super(`${call} answered ${status}: ${problem.detail ?? problem.title ?? 'no explanation'}`);
    this.code = problem.code ?? '';
  }
}

interface Problem {
  code?: string;
  title?: string;
  detail?: string;
}

interface Answer {
  status: number;
  retryAfterSeconds: number;
  body: unknown;
}

export interface TrellisClient {
  /** As this user from now on. */
  useToken(token: string): void;
  /**
   * Waits and tries again while a limit is reached. Throws ProblemError for any other 4xx and 5xx,
   * and DemoError when nobody answers.
   */
  call<Reply>(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<Reply>;
  close(): Promise<void>;
}

const requestMsMax = 30_000;
const limitWaitSecondsMax = 120;

/**
 * @param connections at most so many requests are under way at once
 * @param onLimited called with the wait in seconds each time that a limit is reached
 */
export function createTrellisClient(
  url: string,
  connections: number,
  onLimited: (seconds: number) => void,
): TrellisClient {
  const agent = new Agent({ connections });
  let token = '';

  const ask = async (method: 'POST' | 'DELETE', path: string, body: unknown): Promise<Answer> => {
    const reply = await request(`${url}/api/v1${path}`, {
      dispatcher: agent,
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== '' && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      headersTimeout: requestMsMax,
      bodyTimeout: requestMsMax,
    });
    return {
      status: reply.statusCode,
      retryAfterSeconds: Number(reply.headers['retry-after']),
      body: parse(await reply.body.text()),
    };
  };

  return {
    useToken(newToken) {
      token = newToken;
    },
    async call<Reply>(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<Reply> {
      for (;;) {
        const answer = await ask(method, path, body).catch((cause) => {
          throw unreachable(url, cause);
        });
        if (answer.status < 400) return answer.body as Reply;
        if (answer.status !== 429 || !(answer.retryAfterSeconds <= limitWaitSecondsMax)) {
          throw new ProblemError(`${method} ${path}`, answer.status, answer.body as Problem);
        }
        onLimited(answer.retryAfterSeconds);
        await sleep(answer.retryAfterSeconds * 1_000);
      }
    },
    close: () => agent.close(),
  };
}

function unreachable(url: string, cause: unknown): DemoError {
  const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new DemoError(
    `Trellis does not answer at ${url} (${reason}). Start it with \`pnpm start\`, or say where it runs with --url.`,
    { cause },
  );
}

/** What stands in front of Trellis may answer something else than JSON. */
function parse(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return { detail: text.slice(0, 200) };
  }
}
