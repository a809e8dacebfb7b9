import { connect, createServer, type Socket } from 'node:net';
import { systemClock } from '@trellis/core/clock';
import { newId } from '@trellis/core/ids';
import { createSecretBox } from '@trellis/core/secret-box';
import { PermanentError } from '@trellis/queue/permanent-error';
import { eventually } from '@trellis/test/eventually';
import { lastingPort } from '@trellis/test/lasting-port';
import { startMailServer } from '@trellis/test/mail-server';
import { workerSettingsOf } from '@trellis/test/settings';
import t, { type Test } from 'tap';
import type { WorkerPlatform } from '../../platform.ts';
import { sendEmail } from '../jobs.ts';
import createWorker from '../worker.ts';

const keyOf = (id: string) => `${id}:${Buffer.alloc(32, id).toString('base64')}`;
const secrets = createSecretBox(keyOf('k1'));
const values = {
  name: 'Ada',
  tenantName: 'Acme',
  link: 'https://app.example.com/#token=very-secret',
};

/** The handler as the worker runs it, and what it logs. */
function handlerOf(t: Test, env: Record<string, string>, platform: Partial<WorkerPlatform> = {}) {
  const logged: string[] = [];
  const keep = (details: object, message: string) => {
    logged.push(`${JSON.stringify(details)} ${message}`);
  };
  const settings = workerSettingsOf({
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    SECRET_KEY: keyOf('k1'),
    ...env,
  });
  const log = { debug: keep, info: keep, warn: keep, error: keep };
  const worker = createWorker({
    settings,
    secrets,
    log,
    clock: systemClock,
    ...platform,
  } as WorkerPlatform);
  t.teardown(() => worker.close?.());
  const send = (to: string, id = newId(), more: object = {}) => {
    const sealed = secrets.seal(JSON.stringify(values));
    const payload = { to, template: 'verify-email', values: sealed, ...more };
    return worker.handlers[0]?.run(payload, { id, attempt: 1 });
  };
  return { send, logged };
}

t.test('a mail is text and HTML, with what mail programs go by', async (t) => {
  const { url, mails } = await startMailServer(t);
  const { send } = handlerOf(t, { SMTP_URL: url, MAIL_FROM: 'Acme <hello@acme.example>' });
  const id = newId();
  await send('ada@example.com', id);
  const [mail] = mails;
  t.match(mail, {
    from: 'hello@acme.example',
    to: ['ada@example.com'],
    subject: 'Confirm your e-mail address',
    text: /#token=very-secret/,
    html: /#token=very-secret"/,
  });
  const header = (name: string) => mail?.headers.filter((line) => line.startsWith(`${name}: `));
  t.same(header('From'), ['From: Acme <hello@acme.example>']);
  t.same(header('To'), ['To: ada@example.com']);
  t.same(header('Message-ID'), [`Message-ID: <${id}@acme.example>`], 'every try has the same');
  t.same(header('Auto-Submitted'), ['Auto-Submitted: auto-generated']);
  t.same(header('Content-Type')?.length, 1);
});

t.test('an address is one address, whatever it looks like', async (t) => {
  const { url, mails } = await startMailServer(t);
  const { send } = handlerOf(t, { SMTP_URL: url });
  for (const to of ['a@example.com, b@example.com', 'a@example.com\r\nBcc: eve@example.com']) {
    await Promise.resolve(send(to)).catch(() => {});
  }
  t.same(
    mails.filter(({ to }) => to.length > 1 || to.some((one) => /^(b|eve)@/.test(one))),
    [],
  );
  t.notMatch(mails.flatMap(({ headers }) => headers).join('\n'), /^Bcc/im);
});

t.test('no more than EMAIL_CONCURRENCY connections, which are used again', async (t) => {
  const { url, mails } = await startMailServer(t);
  const connections = await countConnections(t, url);
  const { send } = handlerOf(t, { SMTP_URL: connections.url, EMAIL_CONCURRENCY: '2' });
  await Promise.all(Array.from({ length: 12 }, () => send('ada@example.com')));
  t.equal(mails.length, 12);
  t.ok(connections.opened() <= 2, `${connections.opened()} connections`);
});

/** Passes on to the server, and counts. */
async function countConnections(t: Test, target: string) {
  let opened = 0;
  const port = await lastingPort();
  const server = createServer((socket) => {
    opened++;
    const beyond = connect(Number(new URL(target).port), '127.0.0.1');
    socket.pipe(beyond).pipe(socket);
    for (const end of [socket, beyond]) end.on('error', () => {});
    t.teardown(() => socket.destroy());
  });
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready));
  t.teardown(() => server.close());
  return { url: `smtp://127.0.0.1:${port}`, opened: () => opened };
}

t.test('a recipient that is refused for good is not tried again', async (t) => {
  const replies: Record<string, string> = {
    'nobody@example.com': '550 No such user',
    'later@example.com': '450 Mailbox busy',
    'login@example.com': '530 Authentication required',
  };
  const { url, mails } = await startMailServer(t, { refuse: (address) => replies[address] });
  const { send } = handlerOf(t, { SMTP_URL: url });
  const failure = (to: string) =>
    Promise.resolve(send(to)).then(
      () => undefined,
      (error: Error) => error,
    );
  const refused = await failure('nobody@example.com');
  t.ok(refused instanceof PermanentError);
  t.match(refused?.message, /550 No such user/);
  for (const [address, reply] of [
    ['later@example.com', /450 Mailbox busy/],
    ['login@example.com', /530 Authentication required/],
  ] as const) {
    const error = await failure(address);
    t.match(error?.message, reply);
    t.notOk(error instanceof PermanentError, `${address} can be mended`);
  }
  await send('ada@example.com');
  t.same(
    mails.map(({ to }) => to),
    [['ada@example.com']],
    'the connection goes on',
  );
});

t.test('a server that takes the connection and says nothing is given up', async (t) => {
  const sockets = new Set<Socket>();
  const port = await lastingPort();
  const silent = createServer((socket) => sockets.add(socket.on('error', () => {})));
  await new Promise<void>((ready) => silent.listen(port, '127.0.0.1', ready));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const { send } = handlerOf(t, {
    SMTP_URL: `smtp://127.0.0.1:${port}`,
    SMTP_TIMEOUT_MS: '200',
  });
  const error = await Promise.resolve(send('ada@example.com')).catch((error: Error) => error);
  t.ok(error instanceof Error && !(error instanceof PermanentError), String(error));
});

t.test('without SMTP_URL the log says so, and nothing of what was not sent', async (t) => {
  const { send, logged } = handlerOf(t, {});
  const id = newId();
  await send('ada@example.com', id);
  t.equal(logged.length, 1);
  t.match(logged[0], /No SMTP_URL is set/);
  t.match(logged[0], id);
  t.notMatch(logged[0], /ada@example|secret|token/);
});

t.test('what no key opens is an error that names the key, and can be mended', async (t) => {
  const { url, mails } = await startMailServer(t);
  const other = { secrets: createSecretBox(keyOf('k2')) };
  const { send } = handlerOf(t, { SMTP_URL: url }, other);
  const error = await Promise.resolve(send('ada@example.com')).catch((error: Error) => error);
  t.match(error, { message: /cannot be opened: no key "k1" in SECRET_KEY/ });
  t.notOk(error instanceof PermanentError);
  t.same(mails, []);

  const both = { secrets: createSecretBox(`${keyOf('k2')},${keyOf('k1')}`) };
  await handlerOf(t, { SMTP_URL: url }, both).send('ada@example.com');
  await eventually(() => mails.length === 1);
});

t.test('a message whose link works no more is dropped, and the log says only which', async (t) => {
  const { url, mails } = await startMailServer(t);
  const now = new Date('2026-11-23T10:00:00.000Z');
  const { send, logged } = handlerOf(t, { SMTP_URL: url }, { clock: { now: () => now } });
  const id = newId();
  await send('late@example.com', id, { expiresAt: '2026-11-23T10:00:00.000Z' });
  t.same(mails, []);
  t.equal(logged.length, 1);
  t.match(logged[0], /A message was dropped/);
  t.match(logged[0], id);
  t.notMatch(logged[0], /late@example|secret|#token/);
  await send('ada@example.com', newId(), { expiresAt: '2026-11-23T10:00:00.001Z' });
  t.match(mails, [{ to: ['ada@example.com'] }], 'one that works still is sent');
});

t.test('the tries of a mail add up to about a day', async (t) => {
  const { attempts, backoffMs } = sendEmail;
  const waits = Array.from({ length: attempts - 1 }, (_, n) =>
    Math.min(backoffMs * 2 ** n, 3_600_000),
  );
  const hours = waits.reduce((sum, wait) => sum + wait, 0) / 3_600_000;
  t.ok(hours > 20 && hours < 30, `${hours} hours`);
});
