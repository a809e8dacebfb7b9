import { handleJob, type WorkerModule } from '@trellis/queue/define-job';
import type { WorkerPlatform } from '../platform.ts';
import { sendEmail } from './jobs.ts';
import type { RenderedMail } from './letter.ts';
import type { Mails, MailTemplate } from './mails.ts';
import { renderMail } from './render-mail.ts';
import { createSmtpSender } from './smtp-sender.ts';

/** Sends over SMTP. Without `SMTP_URL` a message counts as done, and the log says so. */
export default function createWorker(platform: WorkerPlatform): WorkerModule {
  const { settings, secrets, clock, log } = platform;
  const { SMTP_URL } = settings;
  if (!SMTP_URL) {
    const skip = handleJob(sendEmail, async ({ template }, { id }) =>
      log.warn({ id, template }, 'No SMTP_URL is set, so a message was not sent.'),
    );
    return { handlers: [skip] };
  }
  const sender = createSmtpSender(SMTP_URL, settings);
  const send = handleJob(sendEmail, async ({ to, template, values, expiresAt }, { id }) => {
    if (expiresAt !== undefined && clock.now().getTime() >= Date.parse(expiresAt)) {
      log.warn({ id, template, expiresAt }, 'A message was dropped, as its link works no more.');
      return;
    }
    await sender.send(to, render(template, open(secrets, values)), id);
  });
  return { handlers: [send], close: async () => sender.close() };
}

/** Throws when no key of `SECRET_KEY` opens it; the mail waits, as the key may be on its way. */
function open(secrets: WorkerPlatform['secrets'], sealed: string): unknown {
  try {
    return JSON.parse(secrets.open(sealed));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`What the mail says cannot be opened: ${reason}.`, { cause });
  }
}

/** `sendMail` has put them together by their types. */
function render(template: string, values: unknown): RenderedMail {
  return renderMail(template as MailTemplate, values as Mails[MailTemplate]);
}
