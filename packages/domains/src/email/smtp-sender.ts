import type { WorkerSettings } from '@trellis/config/settings';
import { PermanentError } from '@trellis/queue/permanent-error';
import { createTransport, type NodemailerError } from 'nodemailer';
import type { RenderedMail } from './letter.ts';

export interface MailSender {
  /**
   * Hands one message over.
   *
   * @param id the same for every try, so that a mail system can drop a second copy
   * @throws PermanentError when the server refuses this message or its recipient for good
   */
  send(to: string, mail: RenderedMail, id: string): Promise<void>;
  close(): void;
}

type Settings = Pick<WorkerSettings, 'MAIL_FROM' | 'SMTP_TIMEOUT_MS' | 'EMAIL_CONCURRENCY'>;

/** Over SMTP, on connections that are kept and used again. */
export function createSmtpSender(url: string, settings: Settings): MailSender {
  const { MAIL_FROM: from, SMTP_TIMEOUT_MS: timeoutMs } = settings;
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: settings.EMAIL_CONCURRENCY,
    // For a kept connection that the server has closed meanwhile; all else the queue tries again.
    maxRequeues: 1,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
  return {
    async send(to, mail, id) {
      try {
        await transport.sendMail({
          ...mail,
          from,
          // One address, whatever it may look like in a list.
          to: { name: '', address: to },
          messageId: `<${id}@${domain}>`,
          // Out-of-office programs do not answer it (RFC 3834, 5).
          headers: { 'Auto-Submitted': 'auto-generated' },
          // One deadline for all of it: a server that answers a byte a second is not idle.
          signal: AbortSignal.timeout(timeoutMs),
        });
      } catch (error) {
        throw isFinal(error as NodemailerError)
          ? new PermanentError((error as Error).message, { cause: error })
          : error;
      }
    },
    close: () => transport.close(),
  };
}

/** Replies that say something of our account or its settings, which an operator can mend. */
const mendable = new Set([530, 534, 535, 538]);

/**
 * Whether the server refused this recipient or this message for good. A log-in or a sender that it
 * does not take is a matter of the settings, so such mail waits until they are right.
 */
function isFinal({ code, command, permanent, responseCode }: NodemailerError): boolean {
  if (!permanent || mendable.has(responseCode ?? 0)) return false;
  return (code === 'EENVELOPE' && command === 'RCPT TO') || code === 'EMESSAGE';
}
