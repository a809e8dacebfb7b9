import { connect } from 'node:net';

export interface RawReply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface RawRequest {
  /** Sent one after the other. */
  parts: (string | Buffer)[];
  timeoutMs?: number;
}

/**
 * Sends bytes that need not be HTTP, and answers the first reply. Undefined when the server closed
 * the connection without one; rejects when it does neither within the time.
 */
export function sendRaw(
  url: string,
  { parts, timeoutMs = 10_000 }: RawRequest,
): Promise<RawReply | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    let text = '';
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(parse(text));
    };
    socket.on('connect', () => {
      for (const part of parts) socket.write(part);
    });
    socket.on('data', (chunk) => {
      text += String(chunk);
      if (isComplete(text)) finish();
    });
    // A server that refuses what is still being sent resets the connection behind its answer.
    socket.on('error', () => {});
    socket.on('close', finish);
  });
}

function parse(text: string): RawReply | undefined {
  const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s);
  const [statusLine = '', ...lines] = head.split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
  if (!status) return undefined;
  const headers = lines.map((line) => {
    const [name = '', value = ''] = line.split(/: *(.*)/s);
    return [name.toLowerCase(), value];
  });
  return { status, headers: Object.fromEntries(headers), body };
}

function isComplete(text: string): boolean {
  const reply = parse(text);
  const length = Number(reply?.headers['content-length'] ?? Number.NaN);
  return reply !== undefined && Buffer.byteLength(reply.body) >= length;
}
