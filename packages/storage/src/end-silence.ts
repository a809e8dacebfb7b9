import { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

/**
 * Destroys the body of a response when its reader has waited for `timeoutMs` and nothing has come,
 * by twice that time at the latest. A reader that is slow itself may take as long as it likes.
 */
export function endSilence(body: Readable, timeoutMs: number): void {
  if (!(body instanceof IncomingMessage)) return;
  const { socket } = body;
  let seen = socket.bytesRead;
  let wasWaiting = false;
  const look = setInterval(() => {
    const { bytesRead } = socket;
    // What lies ready to be read says that the reader is slow, and not the sender.
    const isWaiting = body.readableLength === 0 && !body.complete;
    if (isWaiting && wasWaiting && bytesRead === seen) {
      body.destroy(new Error(`Nothing came of the object for ${timeoutMs} ms`));
    }
    wasWaiting = isWaiting;
    seen = bytesRead;
  }, timeoutMs);
  body.once('close', () => clearInterval(look));
}
