import { handleJob, type WorkerModule } from '@trellis/queue/define-job';
import { createTransport } from 'nodemailer';
import type { WorkerPlatform } from '../platform.ts';
import { sendEmail } from './jobs.ts';

const timeoutMs = 15_000;

/** Sends over SMTP. Without `SMTP_URL` a message counts as done, and the log says so. */
export default function createWorker({ settings, log }: WorkerPlatform): WorkerModule {
  const { SMTP_URL, MAIL_FROM } = settings;
  if (!SMTP_URL) {
    const skip = handleJob(sendEmail, async (_message, { id }) =>
      log.warn({ id }, 'No SMTP_URL is set, so a message was not sent.'),
    );
    return { handlers: [skip] };
  }
  const transport = createTransport(SMTP_URL, {
    from: MAIL_FROM,
    pool: true,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  } as object);
  const send = handleJob(sendEmail, async (message, { id }) => {
    // The same for every try, so that a mail system can drop a second copy.
    await transport.sendMail({ ...message, from: MAIL_FROM, messageId: `<${id}@trellis>` });
  });
  return { handlers: [send], close: async () => transport.close() };
}
