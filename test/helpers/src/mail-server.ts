import {
  type ReceivedMail,
  type SmtpReceiver,
  startSmtpReceiver,
} from '@trellis/local/mail/smtp-receiver';
import type { Test } from 'tap';
import { eventually } from './eventually.ts';
import { lastingPort } from './lasting-port.ts';

export interface MailServer {
  /** For `SMTP_URL`. */
  url: string;
  /** All that arrived, the oldest first. */
  mails: ReceivedMail[];
  /** The mail to this address that has this in its subject, once it has arrived. */
  mailTo(address: string, subject: RegExp): Promise<ReceivedMail>;
  /** Refuses connections until `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface MailServerOptions {
  /** The reply that refuses a recipient; none to take it. */
  refuse?: (recipient: string) => string | undefined;
}

/** A real SMTP server in this process; stopped when the test ends. */
export async function startMailServer(
  t: Pick<Test, 'teardown'>,
  { refuse = () => undefined }: MailServerOptions = {},
): Promise<MailServer> {
  const port = await lastingPort();
  const mails: ReceivedMail[] = [];
  let receiver: SmtpReceiver | undefined;
  const start = async () => {
    receiver = await startSmtpReceiver({
      port,
      sizeBytesMax: 1_048_576,
      onMail: (mail) => mails.push(mail),
      refuse,
    });
  };
  const stop = async () => {
    await receiver?.stop();
    receiver = undefined;
  };
  await start();
  t.teardown(stop);
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    mailTo: (address, subject) =>
      eventually(
        () => mails.find((mail) => mail.to.includes(address) && subject.test(mail.subject)),
        { timeoutMs: 60_000 },
      ),
    stop,
    start,
  };
}

/** The one link of a mail; throws unless its text and its HTML have the same. */
export function linkIn({ text, html }: Pick<ReceivedMail, 'text' | 'html'>): string {
  const inText = text.match(/https?:\/\/\S+/g) ?? [];
  const inHtml = [...html.matchAll(/ href="([^"]+)"/g)].map(([, link]) => link ?? '');
  const [link, ...others] = new Set([...inText, ...inHtml]);
  if (link === undefined || inText.length === 0 || inHtml.length === 0 || others.length > 0) {
    throw new Error(`not one link: ${JSON.stringify({ inText, inHtml })}`);
  }
  return link;
}
