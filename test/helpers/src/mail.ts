import type { Api } from './api.ts';
import { eventually } from './eventually.ts';
import type { TestEnv } from './settings.ts';

/** For a worker of such tests: no mail can leave, so each stays in its row. */
export const withoutMailServer: TestEnv = { SMTP_URL: 'smtp://127.0.0.1:1' };

export interface QueuedMail {
  template: string;
  values: Record<string, string | null>;
}

/** The mails to an address that wait to be sent, the oldest first. */
export async function mailsTo({ app }: Pick<Api, 'app'>, email: string): Promise<QueuedMail[]> {
  const { db, secrets } = app.platform;
  const rows = await db.querySystem<{ template: string; values: string }>(
    (sql) => sql`
      select payload->>'template' as template, payload->>'values' as values from jobs
      where name = 'email.send' and lower(payload->>'to') = lower(${email}) order by id`,
  );
  return rows.map(({ template, values }) => ({
    template,
    values: JSON.parse(secrets.open(values)),
  }));
}

/** What a person was told of changes of the account, the oldest first. */
export async function noticesTo(
  api: Pick<Api, 'app'>,
  email: string,
): Promise<(string | null | undefined)[]> {
  const mails = await mailsTo(api, email);
  return mails
    .filter(({ template }) => template === 'security-notice')
    .map(({ values }) => values.change);
}

/** As if a minute had passed, which is as often as a mail of one kind goes to one recipient. */
export async function passMailInterval({ app }: Pick<Api, 'app'>): Promise<void> {
  await app.platform.db.querySystem(
    (sql) => sql`update login_throttles set blocked_until = 'epoch' where key like 'mail:%'`,
  );
}

/** The token in the link of the last mail of a kind to an address, once there is one. */
export function mailedToken(
  api: Pick<Api, 'app'>,
  email: string,
  template: string,
): Promise<string> {
  return eventually(async () => {
    const mails = await mailsTo(api, email);
    const link = mails.findLast((mail) => mail.template === template)?.values.link;
    return link && new URLSearchParams(new URL(link).hash.slice(1)).get('token');
  });
}
