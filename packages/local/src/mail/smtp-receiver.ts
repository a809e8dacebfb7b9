import type { AddressInfo, Socket } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions } from 'smtp-server';

/** A mail as it arrived, taken apart. */
export interface ReceivedMail {
  /** The envelope's, which decides where a mail goes. */
  from: string;
  to: string[];
  subject: string;
  /** When it arrived, in ISO 8601. */
  receivedAt: string;
  /** Empty when it has no such part. */
  text: string;
  html: string;
  /** As they were sent, one line each. */
  headers: string[];
}

export interface SmtpReceiverOptions {
  /** On the loopback address; a free one when it is not given. */
  port?: number;
  /** Refused beyond, while it arrives. */
  sizeBytesMax: number;
  onMail(mail: ReceivedMail): void;
  /** The reply that refuses a recipient, such as `550 No such user`; none to take it. */
  refuse?(recipient: string): string | undefined;
}

export interface SmtpReceiver {
  url: string;
  /** Ends every connection too. */
  stop(): Promise<void>;
}

/**
 * An SMTP server that takes mail and passes none on.
 *
 * @throws when the port is taken
 */
export async function startSmtpReceiver(options: SmtpReceiverOptions): Promise<SmtpReceiver> {
  const sockets = new Set<Socket>();
  const smtp = new SMTPServer(settingsOf(options));
  smtp.on('error', () => undefined);
  smtp.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    smtp.server.once('error', reject);
    smtp.listen(options.port ?? 0, '127.0.0.1', () => resolve());
  });
  const { port } = smtp.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    stop: async () => {
      const closed = new Promise<void>((resolve) => smtp.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function settingsOf({ sizeBytesMax, onMail, refuse }: SmtpReceiverOptions): SMTPServerOptions {
  return {
    // Its own certificate is nobody's, so a client that checks would refuse to upgrade.
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: sizeBytesMax,
    closeTimeout: 1_000,
    onRcptTo({ address }, _session, done) {
      const reply = refuse?.(address);
      done(reply === undefined ? null : smtpError(reply));
    },
    onData(stream, session, done) {
      readMail(stream, sizeBytesMax).then(
        (mail) => {
          const { mailFrom, rcptTo } = session.envelope;
          const from = mailFrom === false ? '' : mailFrom.address;
          onMail({ ...present(mail), from, to: rcptTo.map(({ address }) => address) });
          done();
        },
        (error: Error) => done(error),
      );
    },
  };
}

function smtpError(reply: string): Error {
  return Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) });
}

async function readMail(stream: SMTPServerDataStream, sizeBytesMax: number): Promise<ParsedMail> {
  const chunks: Buffer[] = [];
  let size = 0;
  // To its end even when it is too long: the client listens no sooner.
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= sizeBytesMax) chunks.push(chunk);
  }
  if (size > sizeBytesMax) throw smtpError('552 The message is too large');
  return simpleParser(Buffer.concat(chunks), {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
  });
}

function present(mail: ParsedMail): Omit<ReceivedMail, 'from' | 'to'> {
  return {
    subject: mail.subject ?? '',
    receivedAt: new Date().toISOString(),
    text: mail.text ?? '',
    html: mail.html === false ? '' : (mail.html ?? ''),
    headers: mail.headerLines.map(({ line }) => line),
  };
}
