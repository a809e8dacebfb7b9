import { type MailServer, startMailServer } from './mail-server.ts';
import { createMailbox } from './mailbox.ts';
import { startSmtpReceiver } from './smtp-receiver.ts';

const mailsMax = 200;
const sizeBytesMax = 1_048_576;

export interface MailCatcher {
  /** Where mail is handed over. */
  smtpUrl: string;
  /** Where it is shown; `/messages.json` there is for programs. */
  pageUrl: string;
  stop(): Promise<void>;
}

/**
 * Takes all mail of a platform that is being tried out, keeps the last 200 in memory and shows them
 * on a page. Nothing leaves this machine.
 *
 * @param port of the page; 0 for any
 * @throws when the port is taken
 */
export async function startMailCatcher({ port }: { port: number }): Promise<MailCatcher> {
  const mailbox = createMailbox(mailsMax);
  const smtp = await startSmtpReceiver({ sizeBytesMax, onMail: mailbox.add });
  let page: MailServer;
  try {
    page = await startMailServer(mailbox, port);
  } catch (error) {
    await smtp.stop();
    throw error;
  }
  return {
    smtpUrl: smtp.url,
    pageUrl: page.url,
    stop: async () => {
      await page.stop();
      await smtp.stop();
    },
  };
}
