import type { Tx } from '@trellis/db/tenant-db';
import type { Platform } from '../platform.ts';
import { sendEmail } from './jobs.ts';
import type { Mails, MailTemplate } from './mails.ts';

export interface MailOptions {
  /** When it stops being of use, as a link in it does. */
  expiresAt?: Date;
}

/**
 * Sends a mail once the transaction is committed, and not at all when it is rolled back. What it
 * says may be a secret, such as a link, so it waits in the database sealed.
 */
export async function sendMail<Template extends MailTemplate>(
  { jobs, secrets }: Pick<Platform, 'jobs' | 'secrets'>,
  tx: Tx,
  to: string,
  template: Template,
  values: Mails[Template],
  { expiresAt }: MailOptions = {},
): Promise<void> {
  await jobs.enqueue(tx, sendEmail, {
    to,
    template,
    values: secrets.seal(JSON.stringify(values)),
    ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
  });
}
